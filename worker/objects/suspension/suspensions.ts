import type { Suspension, SuspensionState } from "./suspension.ts";
import { keepTime } from "./suspension.ts";

const OWN_KEY = "suspension";
const INHERITED_KEY = "inheritedSuspension";

/**
 * Whether a workspace or a sandbox is suspended: by itself, or by what it belongs to. In storage, so that it outlives
 * evictions, starts of the guest, and moves between hosts.
 */
export class Suspensions {
  readonly #kv: SyncKvStorage;
  #own: Suspension | undefined;
  #inherited: SuspensionState;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
    this.#own = kv.get<Suspension>(OWN_KEY);
    this.#inherited = kv.get<SuspensionState>(INHERITED_KEY) ?? { revision: -1 };
  }

  /** The suspension that applies. */
  get current(): Suspension | undefined {
    return this.#own ?? this.#inherited.suspension;
  }

  /** The suspension of this workspace or sandbox itself. */
  get own(): Suspension | undefined {
    return this.#own;
  }

  /** @returns whether this begins or ends a suspension */
  setOwn(offered: Suspension | undefined): boolean {
    const before = this.current;
    const suspension = keepTime(this.#own, offered);
    this.#own = suspension;
    if (suspension === undefined) this.#kv.delete(OWN_KEY);
    else this.#kv.put(OWN_KEY, suspension);
    return isChange(before, this.current);
  }

  /** The next owner sends states of its own, with other revisions. The storage is empty by then. */
  forget(): void {
    this.#own = undefined;
    this.#inherited = { revision: -1 };
  }

  /**
   * Takes over what the org or workspace has handed down, unless something newer was. Only a change is stored.
   *
   * @returns whether this begins or ends a suspension
   */
  inherit(state: SuspensionState): boolean {
    if (state.revision < this.#inherited.revision) return false;
    const before = this.current;
    const { suspension } = this.#inherited;
    this.#inherited = state;
    if (suspension?.reason !== state.suspension?.reason) this.#kv.put(INHERITED_KEY, state);
    return isChange(before, this.current);
  }
}

function isChange(before: Suspension | undefined, after: Suspension | undefined): boolean {
  return (before === undefined) !== (after === undefined);
}
