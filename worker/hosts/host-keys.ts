import { BoundedMap } from "../../shared/bounded-map.ts";
import type { HostRecord } from "../objects/messages.ts";

/** How long a token that does not fit a remembered key is refused without an object call. */
export const HOST_KEY_FRESH_MS = 1_000;
/** How long a client with a remembered key is not held to the misses of its address. */
const HOST_KEY_KNOWN_MS = 3_600_000;
/** Hosts remembered in an isolate; the one read longest ago is forgotten first. */
const MAX_HOSTS = 10_000;

export interface RememberedHostKey {
  readonly publicKey: HostRecord["publicKey"];
  /** Read so lately that the host can hardly have another. */
  readonly isFresh: boolean;
}

/**
 * The public keys of hosts that called this isolate. They only decide whether the host's object is asked, which alone
 * accepts a call: a deleted or replaced key is refused at once.
 *
 * Hosts that do not exist are not remembered: a host calls the moment it is enrolled.
 */
export class HostKeys {
  readonly #hosts = new BoundedMap<
    string,
    { readonly publicKey: HostRecord["publicKey"]; readonly readMs: number }
  >(MAX_HOSTS);

  recall(hostId: string, nowMs: number): RememberedHostKey | undefined {
    const known = this.#hosts.get(hostId);
    if (known === undefined) return undefined;
    const ageMs = nowMs - known.readMs;
    if (ageMs < HOST_KEY_KNOWN_MS) return { publicKey: known.publicKey, isFresh: ageMs < HOST_KEY_FRESH_MS };
    this.#hosts.delete(hostId);
    return undefined;
  }

  /** @param host the record from its object; `undefined` where there is none */
  keep(hostId: string, host: HostRecord | undefined, nowMs: number): void {
    if (host === undefined) this.#hosts.delete(hostId);
    else this.#hosts.set(hostId, { publicKey: host.publicKey, readMs: nowMs });
  }
}
