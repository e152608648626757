import type { ZoneItem } from "../zone-item.ts";

/** The discard prefix of RFC 6666: behind the proxy no packet goes there. */
const DISCARD_ADDRESS = "100::";
const ADDRESS_TYPES = ["A", "AAAA", "CNAME"];

/** A proxied wildcard record, so that Cloudflare accepts requests and gives them to the Worker's route. */
export function createDnsItem(domain: string): ZoneItem {
  const name = `*.${domain}`;
  return {
    name: `DNS ${name}`,
    async read(client, zone) {
      const records = [];
      for await (const record of client.dns.records.list({ zone_id: zone.id, name: { exact: name } }))
        if (ADDRESS_TYPES.includes(record.type)) records.push(record);
      if (records.length === 0) return `no record; AAAA ${DISCARD_ADDRESS}, proxied, is needed`;
      return records.every((record) => record.proxied)
        ? undefined
        : "the record is DNS-only, and must be proxied";
    },
    async set(client, zone) {
      const known = [];
      for await (const record of client.dns.records.list({ zone_id: zone.id, name: { exact: name } }))
        if (ADDRESS_TYPES.includes(record.type)) known.push(record);
      if (known.length === 0) {
        const record = {
          name,
          type: "AAAA" as const,
          content: DISCARD_ADDRESS,
          proxied: true,
          ttl: 1 as const,
        };
        await client.dns.records.create({ zone_id: zone.id, ...record });
      }
      for (const record of known.filter(({ proxied }) => !proxied)) {
        const { id, type, content } = record as { id: string; type: "AAAA"; content: string };
        await client.dns.records.edit(id, { zone_id: zone.id, name, type, content, proxied: true, ttl: 1 });
      }
    },
  };
}
