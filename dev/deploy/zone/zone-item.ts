import type Cloudflare from "cloudflare";
import { APIError } from "cloudflare";

export interface Zone {
  readonly id: string;
  readonly name: string;
  readonly accountId: string;
  readonly plan: string;
}

/** One thing that a zone must have, and how it is read and set. */
export interface ZoneItem {
  readonly name: string;
  /** @returns what differs from what is needed; `undefined` where nothing does */
  read(client: Cloudflare, zone: Zone): Promise<string | undefined>;
  /** Absent where it costs money, or is not in the API: a person does it. */
  set?(client: Cloudflare, zone: Zone): Promise<void>;
  /** What a person does. */
  readonly byHand?: string;
}

export type ItemState = "as needed" | "differs" | "set" | "by hand" | "not on this plan" | "failed";

export interface ItemResult {
  readonly zone: string;
  readonly name: string;
  readonly state: ItemState;
  readonly text: string;
}

/** Compares one item, and sets it where that is wanted. */
export async function compareItem(
  client: Cloudflare,
  zone: Zone,
  item: ZoneItem,
  apply: boolean,
): Promise<ItemResult> {
  const result = (state: ItemState, text: string): ItemResult => ({
    zone: zone.name,
    name: item.name,
    state,
    text,
  });
  try {
    const difference = await item.read(client, zone);
    if (difference === undefined) return result("as needed", "");
    if (item.set === undefined) return result("by hand", `${difference}. ${item.byHand ?? ""}`.trim());
    if (!apply) return result("differs", difference);
    await item.set(client, zone);
    const left = await item.read(client, zone);
    return left === undefined
      ? result("set", difference)
      : result("failed", `was set, but is still so: ${left}`);
  } catch (error) {
    if (error instanceof NotOnPlan) return result("not on this plan", error.message);
    if (error instanceof APIError)
      return result(isPlanLimit(error) ? "not on this plan" : "failed", describe(error));
    throw error;
  }
}

/** The zone's plan does not have the setting, or does not let it be changed. */
export class NotOnPlan extends Error {
  override readonly name = "NotOnPlan";
}

/** Cloudflare has a code for each product; the words are the same. */
function isPlanLimit({ message }: APIError): boolean {
  return /not (available|allowed|entitled)|entitle|plan level|upgrade/i.test(message);
}

const MAX_ERROR_CHARS = 300;

function describe({ status, message }: APIError): string {
  const hint = status === 403 ? " (the token needs the permissions in docs/deploy.md)" : "";
  return `${message.slice(0, MAX_ERROR_CHARS)}${hint}`;
}
