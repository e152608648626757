import type { Access } from "../../../shared/access.ts";
import type { WorkspaceAccess } from "./access-state.ts";

const KEY = "access";

interface StoredDefaults {
  readonly access?: Access;
  readonly privatePorts?: readonly number[];
  /** Of the org's state that the ports came with. */
  readonly orgRevision?: number;
}

/** What a workspace says about who may visit its sandboxes, together with what its org says. */
export class WorkspaceDefaults {
  readonly #kv: SyncKvStorage;
  #stored: StoredDefaults | undefined;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
    this.#stored = kv.get<StoredDefaults>(KEY);
  }

  get own(): Access | undefined {
    return this.#stored?.access;
  }

  /** @returns whether that is a change */
  set(access: Access | undefined): boolean {
    if (access === this.own) return false;
    const { access: _, ...rest } = this.#stored ?? {};
    this.#put({ ...rest, ...(access !== undefined && { access }) });
    return true;
  }

  /** Takes over what the org has listed, unless something newer was. @returns whether that is a change */
  inherit(orgRevision: number, privatePorts: readonly number[]): boolean {
    if (orgRevision < (this.#stored?.orgRevision ?? 0)) return false;
    if (privatePorts.join() === this.#stored?.privatePorts?.join()) return false;
    this.#put({ ...this.#stored, privatePorts, orgRevision });
    return true;
  }

  /** @returns `undefined` where nothing was ever said */
  share(revision: number): WorkspaceAccess | undefined {
    if (this.#stored === undefined) return undefined;
    const { orgRevision: _, ...access } = this.#stored;
    return { revision, ...access };
  }

  #put(stored: StoredDefaults): void {
    this.#stored = stored;
    this.#kv.put(KEY, stored);
  }
}
