import type Cloudflare from "cloudflare";
import { APIError } from "cloudflare";
import { DeployError } from "../deploy-error.ts";
import type { Deployment } from "../settings/deployment.ts";
import { BOT_ITEMS } from "./items/bot-items.ts";
import { createCertificateItem } from "./items/certificate-item.ts";
import { createDnsItem } from "./items/dns-item.ts";
import { hostnameRule } from "./items/hostname-rule.ts";
import { SETTING_ITEMS } from "./items/setting-items.ts";
import { createWafItem } from "./items/waf-item.ts";
import { WEB_ANALYTICS_ITEM } from "./items/web-analytics-item.ts";
import type { ItemResult, Zone, ZoneItem } from "./zone-item.ts";
import { compareItem } from "./zone-item.ts";

const MAX_ERROR_CHARS = 300;

/**
 * Compares the zones of a deployment with what previews need.
 *
 * @param apply sets what differs
 * @param report receives each item when it is compared
 * @throws {DeployError} where a zone is not found, or the token is refused
 */
export async function compareZones(
  client: Cloudflare,
  deployment: Deployment,
  apply: boolean,
  report: (result: ItemResult) => void,
): Promise<ItemResult[]> {
  const results: ItemResult[] = [];
  for (const name of new Set([deployment.previewZone, deployment.linkZone])) {
    const zone = await findZone(client, name);
    for (const item of listItems(deployment, name)) {
      const result = await compareItem(client, zone, item, apply);
      results.push(result);
      report(result);
    }
  }
  return results;
}

function listItems(
  { previewDomain, linkDomain, previewZone, linkZone }: Deployment,
  zone: string,
): ZoneItem[] {
  const domains = [
    ...(zone === previewZone ? [previewDomain] : []),
    ...(zone === linkZone ? [linkDomain] : []),
  ];
  return [
    ...domains.map(createDnsItem),
    ...domains.map(createCertificateItem),
    ...SETTING_ITEMS,
    ...BOT_ITEMS,
    WEB_ANALYTICS_ITEM,
    createWafItem(hostnameRule(previewDomain, linkDomain, zone)),
  ];
}

async function findZone(client: Cloudflare, name: string): Promise<Zone> {
  try {
    for await (const zone of client.zones.list({ name })) {
      const { plan } = zone as { plan?: { name?: string } };
      return { id: zone.id, name, accountId: zone.account.id ?? "", plan: plan?.name ?? "unknown" };
    }
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    const message = error.message.slice(0, MAX_ERROR_CHARS);
    if (error.status === undefined) throw new DeployError(`Cloudflare's API does not respond: ${message}`);
    throw new DeployError(`Cloudflare refuses the token: ${message}`);
  }
  throw new DeployError(
    `There is no zone ${name} that this token may read. Add the domain at Cloudflare, or name the zone in deployment.toml (preview_zone, link_zone)`,
  );
}
