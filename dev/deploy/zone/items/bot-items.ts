import type { ZoneItem } from "../zone-item.ts";

interface BotSettings {
  readonly fight_mode?: boolean;
  readonly enable_js?: boolean;
  readonly ai_bots_protection?: string;
  readonly crawler_protection?: string;
  readonly is_robots_txt_managed?: boolean;
  readonly sbfm_definitely_automated?: string;
  readonly sbfm_likely_automated?: string;
}

/** Members that a plan does not have are absent, and stay so. */
const NEEDED: readonly (readonly [member: keyof BotSettings, name: string, value: boolean | string])[] = [
  ["fight_mode", "Bot Fight Mode", false],
  ["enable_js", "JavaScript Detections", false],
  ["ai_bots_protection", "Block AI bots", "disabled"],
  ["crawler_protection", "AI Labyrinth", "disabled"],
  ["is_robots_txt_managed", "Managed robots.txt", false],
  ["sbfm_definitely_automated", "Super Bot Fight Mode, definitely automated", "allow"],
  ["sbfm_likely_automated", "Super Bot Fight Mode, likely automated", "allow"],
];

/** A challenge is no response for a connector, an SDK or an app's own client; no WAF rule skips Bot Fight Mode. */
export const BOT_ITEMS: readonly ZoneItem[] = NEEDED.map(([member, name, value]) => ({
  name,
  async read(client, zone) {
    const settings = (await client.botManagement.get({ zone_id: zone.id })) as BotSettings;
    const found = settings[member];
    return found === undefined || found === value ? undefined : `is ${found}, must be ${value}`;
  },
  async set(client, zone) {
    const params = { zone_id: zone.id, [member]: value };
    await client.botManagement.update(params as Parameters<typeof client.botManagement.update>[0]);
  },
}));
