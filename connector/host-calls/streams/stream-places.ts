import { createShare, isShareUsed } from "../../relay/capacity/share.ts";

export interface StreamLimits {
  readonly max: number;
  readonly maxPerGuest: number;
}

interface StreamedGuest {
  readonly workspace: string;
}

interface Stream {
  end(): void;
}

/** The open streams about guests, of one kind. A workspace has a quarter of all once half of them are open. */
export class StreamPlaces<Guest extends StreamedGuest, Kind extends Stream> {
  readonly #limits: StreamLimits;
  readonly #share: ReturnType<typeof createShare>;
  readonly #byGuest = new Map<Guest, Set<Kind>>();
  #count = 0;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
    this.#share = createShare(limits.max, 25, 50);
  }

  hasRoom(guest: Guest): boolean {
    const open = this.#byGuest.get(guest)?.size ?? 0;
    if (this.#count >= this.#limits.max || open >= this.#limits.maxPerGuest) return false;
    return !isShareUsed(this.#share, this.#count, this.#countOf(guest.workspace));
  }

  /** @param create is given what to call when the stream has ended */
  open(guest: Guest, create: (onEnd: () => void) => Kind): Kind {
    const streams = this.#byGuest.get(guest) ?? new Set();
    const stream = create(() => {
      this.#count -= 1;
      streams.delete(stream);
      if (streams.size === 0) this.#byGuest.delete(guest);
    });
    this.#count += 1;
    this.#byGuest.set(guest, streams.add(stream));
    return stream;
  }

  of(guest: Guest): Iterable<Kind> {
    return this.#byGuest.get(guest) ?? [];
  }

  end(guest: Guest): void {
    for (const stream of [...this.of(guest)]) stream.end();
  }

  close(): void {
    for (const guest of [...this.#byGuest.keys()]) this.end(guest);
  }

  #countOf(workspace: string): number {
    let count = 0;
    for (const [guest, streams] of this.#byGuest) if (guest.workspace === workspace) count += streams.size;
    return count;
  }
}
