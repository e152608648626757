import type { PreviewLimit } from "../../shared/limit/preview-limit.ts";
import { clampPreviewLimit } from "../../shared/limit/preview-limit.ts";
import { findRateLimit } from "../policy/orgs.ts";
import type { LimitChange } from "./messages.ts";

const KEY = "orgLimit";

interface ClampedLimit extends LimitChange {
  readonly limit: PreviewLimit;
}

/** Where the last known limit is kept. */
export interface LimitStore {
  read(): LimitChange | undefined;
  write(known: LimitChange): void;
}

/** A limit in a key of its own of an object's storage. */
export function storedLimit(kv: SyncKvStorage): LimitStore {
  return {
    read: () => kv.get<LimitChange>(KEY),
    write: (known) => kv.put(KEY, known),
  };
}

/**
 * The org's rate limit as an object knows it. Changes are sent to it, by the org's object to the workspaces and by
 * these to the sandboxes, and repeated until they have arrived. So KV is read only where no limit was ever known.
 *
 * Whatever limit comes from there, or from another object, is clamped: a former version may have written it.
 */
export class OrgLimit {
  readonly #policy: KVNamespace;
  readonly #store: LimitStore;
  #known: ClampedLimit | undefined;

  constructor(policy: KVNamespace, store: LimitStore) {
    this.#policy = policy;
    this.#store = store;
    const stored = store.read();
    this.#known = stored && clamp(stored);
  }

  /** What this object knows, for another of the same org. */
  share(): ClampedLimit | undefined {
    return this.#known;
  }

  /** The limit: the known one, else as KV has it. */
  async read(org: string): Promise<PreviewLimit> {
    if (this.#known !== undefined) return this.#known.limit;
    const limit = await findRateLimit(this.#policy, org);
    // A change that came meanwhile is newer than what KV has just returned.
    if (this.#known === undefined) this.adopt({ limit, changedAtMs: 0 });
    return this.share()?.limit ?? limit;
  }

  /** The storage is empty by then. */
  forget(): void {
    this.#known = undefined;
  }

  /** Takes over a change, or what another object knows, unless something newer is known. @returns whether it is new */
  adopt(offered: LimitChange): boolean {
    const known = clamp(offered);
    if (
      this.#known !== undefined &&
      (known.changedAtMs < this.#known.changedAtMs || isSame(known, this.#known))
    )
      return false;
    this.#known = known;
    this.#store.write(known);
    return true;
  }
}

function clamp({ limit, changedAtMs }: LimitChange): ClampedLimit {
  return { limit: clampPreviewLimit(limit), changedAtMs };
}

function isSame(one: ClampedLimit, other: ClampedLimit): boolean {
  return (
    one.limit.perSecond === other.limit.perSecond &&
    one.limit.burst === other.limit.burst &&
    one.limit.pageRequests === other.limit.pageRequests &&
    one.changedAtMs === other.changedAtMs
  );
}
