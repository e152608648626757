import type { ZoneItem } from "../zone-item.ts";

/** Universal SSL has the zone's name and one label below it; anything deeper needs an advanced certificate. */
export function createCertificateItem(domain: string): ZoneItem {
  const name = `*.${domain}`;
  return {
    name: `certificate for ${name}`,
    byHand:
      "Order an advanced certificate for it (SSL/TLS > Edge Certificates; Advanced Certificate Manager is billed monthly), or set link_domain to a domain with a zone of its own",
    async read(client, zone) {
      let isPending = false;
      for await (const pack of client.ssl.certificatePacks.list({ zone_id: zone.id, status: "all" })) {
        const { hosts = [], status } = pack as { hosts?: readonly string[]; status?: string };
        if (!hosts.includes(name)) continue;
        if (status === "active") return undefined;
        isPending = true;
      }
      return isPending ? "ordered, and not active yet" : "there is none";
    },
  };
}
