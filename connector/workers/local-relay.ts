import type { AccessChange, Revocation } from "../../shared/protocol/host-calls.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";
import type { AccessChanges } from "../access/access-changes.ts";
import type { Guest } from "../guests/guest.ts";
import type { Destination, Relay, RelayGuest } from "../relay/relay.ts";
import type { Revocations } from "../revocations.ts";
import type { Relays } from "./relays.ts";
import type { RelaysStats } from "./sum-stats.ts";

export interface LocalRelayOptions {
  readonly relay: Pick<Relay, "cut" | "closeGuest"> & { stats(): RelaysStats };
  readonly revocations: Revocations;
  readonly accessChanges: AccessChanges;
  readonly guests: { find(sandboxId: string): Pick<Guest, "ports" | "isLoopbackOnly"> | undefined };
}

/** The relay of this process. */
export class LocalRelay implements Relays {
  readonly #options: LocalRelayOptions;

  constructor(options: LocalRelayOptions) {
    this.#options = options;
  }

  /** @param atMs when the edge has said so */
  revoke(revocation: Revocation, atMs = Date.now()): number {
    const { revocations, relay } = this.#options;
    const nowMs = Date.now();
    revocations.add(revocation, atMs);
    return relay.cut(({ upstream, link }) => {
      const { sandboxId } = upstream.guest;
      if (revocations.covers({ sandboxId, link })) return refuse("link_revoked");
      return revocations.isSuspended(sandboxId, nowMs) ? refuse("suspended") : undefined;
    });
  }

  changeAccess(change: AccessChange, atMs = Date.now()): number {
    const { accessChanges, guests, relay } = this.#options;
    const nowMs = Date.now();
    if (!accessChanges.add(change, atMs)) return 0;
    return relay.cut(({ upstream, link }: Destination): Refusal | undefined => {
      const { guest, port } = upstream;
      if (guest.sandboxId !== change.sandboxId) return undefined;
      const refusal = accessChanges.check({ sandboxId: guest.sandboxId, port, link }, nowMs);
      if (refusal !== undefined || !accessChanges.closesLoopback(guest.sandboxId, nowMs)) return refusal;
      return isDirect(guests.find(guest.sandboxId), port) ? undefined : refuse("port_closed");
    });
  }

  /** It finds guests in the host's own table. */
  updateGuest(): void {}

  closeGuest(guest: RelayGuest): void {
    this.#options.relay.closeGuest(guest);
  }

  async settle(): Promise<void> {}

  stats(): RelaysStats {
    return this.#options.relay.stats();
  }
}

/** Not so where nothing listens yet: a request that waits for the port would reach whatever listens there later. */
function isDirect(guest: Pick<Guest, "ports" | "isLoopbackOnly"> | undefined, port: number): boolean {
  return guest?.ports.includes(port) === true && !guest.isLoopbackOnly(port);
}
