import type Cloudflare from "cloudflare";
import type { Zone, ZoneItem } from "../zone-item.ts";
import { NotOnPlan } from "../zone-item.ts";

interface Setting {
  readonly value: unknown;
  readonly editable?: boolean;
}

/** By the id that Cloudflare's API has for it. */
const NEEDED: readonly (readonly [id: string, name: string, value: "on" | "off"])[] = [
  ["always_use_https", "Always Use HTTPS", "on"],
  ["websockets", "WebSockets", "on"],
  ["email_obfuscation", "Email Address Obfuscation", "off"],
  ["browser_check", "Browser Integrity Check", "off"],
  ["rocket_loader", "Rocket Loader", "off"],
  ["speed_brain", "Speed Brain", "off"],
  ["automatic_https_rewrites", "Automatic HTTPS Rewrites", "off"],
  ["replace_insecure_js", "Replace insecure JavaScript libraries", "off"],
  ["fonts", "Cloudflare Fonts", "off"],
  ["mirage", "Mirage", "off"],
  ["polish", "Polish", "off"],
  ["hotlink_protection", "Hotlink Protection", "off"],
];

/** Half a year; a longer one is left as it is. */
const MIN_HSTS_MAX_AGE_S = 15_552_000;

/** Settings of the zone: https always, and nothing that changes or challenges what guests serve. */
export const SETTING_ITEMS: readonly ZoneItem[] = [...NEEDED.map(createSettingItem), createHstsItem()];

function createSettingItem([id, name, value]: (typeof NEEDED)[number]): ZoneItem {
  return {
    name,
    async read(client, zone) {
      const setting = await readSetting(client, zone, id);
      return setting.value === value ? undefined : `is ${String(setting.value)}, must be ${value}`;
    },
    async set(client, zone) {
      await writeSetting(client, zone, id, value);
    },
  };
}

function createHstsItem(): ZoneItem {
  return {
    name: "HSTS",
    async read(client, zone) {
      const { value } = await readSetting(client, zone, "security_header");
      const { strict_transport_security: hsts } = value as { strict_transport_security?: Hsts };
      const isEnough =
        hsts?.enabled === true && hsts.include_subdomains === true && hsts.max_age >= MIN_HSTS_MAX_AGE_S;
      return isEnough ? undefined : `must be on for subdomains, for ${MIN_HSTS_MAX_AGE_S} s or more`;
    },
    async set(client, zone) {
      const hsts = {
        enabled: true,
        include_subdomains: true,
        max_age: MIN_HSTS_MAX_AGE_S,
        nosniff: false,
        preload: false,
      };
      await writeSetting(client, zone, "security_header", { strict_transport_security: hsts });
    },
  };
}

interface Hsts {
  readonly enabled?: boolean;
  readonly include_subdomains?: boolean;
  readonly max_age: number;
}

async function readSetting(client: Cloudflare, zone: Zone, id: string): Promise<Setting> {
  return (await client.zones.settings.get(id, { zone_id: zone.id })) as Setting;
}

async function writeSetting(client: Cloudflare, zone: Zone, id: string, value: unknown): Promise<void> {
  const { editable } = await readSetting(client, zone, id);
  if (editable === false) throw new NotOnPlan(`the plan "${zone.plan}" does not let it be changed`);
  // The package's type lists the values of the settings that it knows; newer ones are accepted alike.
  const params = { zone_id: zone.id, value } as unknown as Parameters<typeof client.zones.settings.edit>[1];
  await client.zones.settings.edit(id, params);
}
