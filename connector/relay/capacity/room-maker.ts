import { refuse } from "../../../shared/refusal/refusal.ts";
import type { ServedExchange } from "../exchange/guest-side.ts";
import type { RelayState } from "../relay-state.ts";
import type { Tunnel } from "../websocket/tunnel.ts";
import type { GuestUse } from "./guest-use.ts";
import { Room } from "./room.ts";

interface Rooms {
  readonly uploads: Room<ServedExchange>;
  readonly tunnels: Room<Tunnel>;
}

/** Ends idle uploads and idle tunnels where a limit is reached: of one sandbox, or of all. */
export class RoomMaker {
  readonly #relay: RelayState;
  readonly #all: Rooms;
  readonly #ofGuests = new WeakMap<GuestUse, Rooms>();

  /** @param listGuests all guests towards which anything is open */
  constructor(relay: RelayState, listGuests: () => Iterable<GuestUse>) {
    this.#relay = relay;
    this.#all = this.#createRooms(listGuests);
  }

  endUpload(guest: GuestUse): boolean {
    return this.#roomsOf(guest).uploads.make(this.#relay.now());
  }

  endTunnel(guest: GuestUse): boolean {
    return this.#roomsOf(guest).tunnels.make(this.#relay.now());
  }

  endAnyUpload(): boolean {
    return this.#all.uploads.make(this.#relay.now());
  }

  endAnyTunnel(): boolean {
    return this.#all.tunnels.make(this.#relay.now());
  }

  #roomsOf(guest: GuestUse): Rooms {
    let rooms = this.#ofGuests.get(guest);
    if (rooms === undefined) {
      rooms = this.#createRooms(() => [guest]);
      this.#ofGuests.set(guest, rooms);
    }
    return rooms;
  }

  #createRooms(listGuests: () => Iterable<GuestUse>): Rooms {
    const { minIdleUploadMs, minIdleTunnelMs } = this.#relay.limits;
    return {
      uploads: new Room(this.#relay, {
        list: () => listExchanges(listGuests()),
        idleSinceMs: (exchange) => exchange.uploadIdleSinceMs,
        end: (exchange) => exchange.cut(refuse("too_many_connections", { retryAfterS: 1 })),
        minIdleMs: minIdleUploadMs,
      }),
      tunnels: new Room(this.#relay, {
        list: () => listTunnels(listGuests()),
        idleSinceMs: (tunnel) => tunnel.idleSinceMs,
        end: (tunnel) => tunnel.close(),
        minIdleMs: minIdleTunnelMs,
      }),
    };
  }
}

function* listExchanges(guests: Iterable<GuestUse>): Iterable<ServedExchange> {
  for (const { connections } of guests)
    for (const { exchange } of connections) if (exchange !== undefined) yield exchange;
}

function* listTunnels(guests: Iterable<GuestUse>): Iterable<Tunnel> {
  for (const { tunnels } of guests) yield* tunnels;
}
