import type Cloudflare from "cloudflare";
import type { Zone, ZoneItem } from "../zone-item.ts";

/** The script that Web Analytics adds to pages reports their URLs, those of links too. */
export const WEB_ANALYTICS_ITEM: ZoneItem = {
  name: "Web Analytics injection",
  async read(client, zone) {
    return (await findInjected(client, zone)).length === 0 ? undefined : "adds a script to guests' pages";
  },
  async set(client, zone) {
    for (const siteTag of await findInjected(client, zone)) {
      const params = { account_id: zone.accountId, zone_tag: zone.id, auto_install: false };
      await client.rum.siteInfo.update(siteTag, params);
    }
  },
};

async function findInjected(client: Cloudflare, zone: Zone): Promise<string[]> {
  const tags: string[] = [];
  for await (const site of client.rum.siteInfo.list({ account_id: zone.accountId })) {
    if (site.ruleset?.zone_tag === zone.id && site.auto_install === true && site.site_tag !== undefined)
      tags.push(site.site_tag);
  }
  return tags;
}
