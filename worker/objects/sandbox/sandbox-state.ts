import type { MachineSize } from "../../../shared/protocol/machine-size.ts";
import type { AccessState } from "../access/access-state.ts";
import type { HostState, LimitChange, Owner } from "../messages.ts";
import type { EndedGeneration, Route } from "../route.ts";

const KEY = "state";

/**
 * What a sandbox's object knows, except its links, its suspensions and the mark of its buckets. One key, so that an
 * attach writes one row. A member that is added later is `undefined` in what was stored before.
 */
export interface SandboxState {
  readonly id: string | undefined;
  /** Outlives the route, so that a stopped sandbox's links are still told from forged ones. */
  readonly owner: Owner | undefined;
  readonly route: Route | undefined;
  /** The last one to end last. */
  readonly ended: readonly EndedGeneration[];
  /** What its host's object said last. */
  readonly host: Pick<HostState, "revision" | "down"> | undefined;
  /** Of the owner's org. */
  readonly limit: LimitChange | undefined;
  /** A link was minted for it, which may hold again when it restarts. */
  readonly linked: boolean;
  /** What the edge started it from. */
  readonly template: string | undefined;
  /** As its launcher reported it. */
  readonly size: MachineSize | undefined;
  /** Of who may visit its ports, where anything was said about that. */
  readonly access: AccessState | undefined;
  /** When a stopped sandbox is forgotten, unix milliseconds. */
  readonly forgetAtMs: number | undefined;
}

const NOTHING: SandboxState = {
  id: undefined,
  owner: undefined,
  route: undefined,
  ended: [],
  host: undefined,
  limit: undefined,
  linked: false,
  template: undefined,
  size: undefined,
  access: undefined,
  forgetAtMs: undefined,
};

/** A sandbox's state in its object's storage, and in memory. */
export class StoredSandboxState {
  readonly #kv: SyncKvStorage;
  #current: SandboxState;
  #isTogether = false;
  #isChanged = false;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
    this.#current = { ...NOTHING, ...kv.get<SandboxState>(KEY) };
  }

  get current(): SandboxState {
    return this.#current;
  }

  /** Changes some members, and writes a row; within `together`, the row is written at its end. */
  change(members: Partial<SandboxState>): void {
    this.#current = { ...this.#current, ...members };
    if (this.#isTogether) this.#isChanged = true;
    else this.#kv.put(KEY, this.#current);
  }

  /** Writes all changes that `act` makes in one row. It must not wait for anything. */
  together<Result>(act: () => Result): Result {
    this.#isTogether = true;
    try {
      return act();
    } finally {
      this.#isTogether = false;
      if (this.#isChanged) this.#kv.put(KEY, this.#current);
      this.#isChanged = false;
    }
  }

  /** The storage is empty by then. */
  forget(): void {
    this.#current = NOTHING;
  }
}
