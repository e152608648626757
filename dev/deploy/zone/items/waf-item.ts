import type Cloudflare from "cloudflare";
import { NotFoundError } from "cloudflare";
import type { Zone, ZoneItem } from "../zone-item.ts";

const PHASE = "http_request_firewall_custom";
/** By which the rule is found again. */
const REF = "preview_urls_impossible_hostname";

interface Rule {
  readonly ref?: string;
  readonly expression?: string;
  readonly action?: string;
  readonly enabled?: boolean;
}

/** Blocks hostnames of impossible length before the Worker runs, which would cost a request each. Other rules stay. */
export function createWafItem(expression: string): ZoneItem {
  const needed = {
    ref: REF,
    description: "Preview URLs: hostnames of impossible length",
    action: "block" as const,
    enabled: true,
    expression,
  };
  return {
    name: "WAF rule against impossible hostnames",
    async read(client, zone) {
      const rule = (await readRules(client, zone)).find(({ ref }) => ref === REF);
      if (rule === undefined) return "no rule";
      const isSame =
        rule.expression === expression && rule.action === needed.action && rule.enabled !== false;
      return isSame ? undefined : "the rule is another one, or off";
    },
    async set(client, zone) {
      const others = (await readRules(client, zone)).filter(({ ref }) => ref !== REF);
      const rules = [...others, needed] as Parameters<typeof client.rulesets.phases.update>[1]["rules"] &
        object;
      await client.rulesets.phases.update(PHASE, { zone_id: zone.id, rules });
    },
  };
}

/** A zone without custom rules has no ruleset of the phase. */
async function readRules(client: Cloudflare, zone: Zone): Promise<readonly Rule[]> {
  try {
    const ruleset = (await client.rulesets.phases.get(PHASE, { zone_id: zone.id })) as {
      rules?: readonly Rule[];
    };
    return ruleset.rules ?? [];
  } catch (error) {
    if (error instanceof NotFoundError) return [];
    throw error;
  }
}
