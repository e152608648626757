import { BoundedMap } from "../../shared/bounded-map.ts";
import type { HostRecord } from "../objects/messages.ts";

/** How long what does not fit a remembered key is refused without the host's object being asked. */
export const HOST_KEY_FRESH_MS = 1_000;
/** How long whoever has a remembered key is taken for that host, where its address is paused. */
const HOST_KEY_KNOWN_MS = 3_600_000;
/** Hosts remembered per isolate; the one read longest ago goes first. */
const MAX_HOSTS = 10_000;

export interface RememberedHostKey {
  readonly publicKey: HostRecord["publicKey"];
  /** Read so lately that the host can hardly have another. */
  readonly isFresh: boolean;
}

/**
 * The public keys of hosts that this isolate has met. They only decide whether a call is worth asking the host's object,
 * which alone lets it pass: a deleted host's key, or one that was replaced, opens nothing at once.
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

  /** @param host as its object answers; `undefined` where there is none */
  keep(hostId: string, host: HostRecord | undefined, nowMs: number): void {
    if (host === undefined) this.#hosts.delete(hostId);
    else this.#hosts.set(hostId, { publicKey: host.publicKey, readMs: nowMs });
  }
}
