import type { CaptureMode } from "../../shared/protocol/pass.ts";
import type { Recorder } from "../relay/destination.ts";
import type { RelayGuest } from "../relay/relay.ts";
import type { CaptureLimits } from "./capture-limits.ts";
import { DEFAULT_CAPTURE_LIMITS } from "./capture-limits.ts";
import type { CapturedExchange } from "./captured-exchange.ts";
import { ExchangeRecording } from "./exchange-recording.ts";
import { AllOpenMemory, OpenMemory } from "./open-memory.ts";

/** Keeps the exchanges that recorders have recorded. */
export interface ExchangeSink {
  /** Called when an exchange is over, and for one that stays open also before, under the same id. */
  put(guest: RelayGuest, exchange: CapturedExchange): void;
}

type GuestRecorders = Readonly<Record<CaptureMode, Recorder>>;

/** The recorders of the guests of this process's relay. */
export class Recorders {
  readonly #sink: ExchangeSink;
  readonly #limits: CaptureLimits;
  readonly #open: AllOpenMemory;
  readonly #byGuest = new WeakMap<RelayGuest, GuestRecorders>();

  constructor(sink: ExchangeSink, limits = DEFAULT_CAPTURE_LIMITS) {
    this.#sink = sink;
    this.#limits = limits;
    this.#open = new AllOpenMemory(limits);
  }

  /** Bytes that exchanges under way have taken. */
  get openBytes(): number {
    return this.#open.bytes;
  }

  of(guest: RelayGuest, mode: CaptureMode): Recorder {
    let recorders = this.#byGuest.get(guest);
    if (recorders === undefined) {
      const memory = new OpenMemory(this.#limits, this.#open, guest.workspace ?? "");
      recorders = { heads: this.#create(guest, memory, false), bodies: this.#create(guest, memory, true) };
      this.#byGuest.set(guest, recorders);
    }
    return recorders[mode];
  }

  #create(guest: RelayGuest, memory: OpenMemory, bodies: boolean): Recorder {
    const put = (exchange: CapturedExchange): void => this.#sink.put(guest, exchange);
    const options = { limits: this.#limits, memory, bodies, put };
    return { begin: (head, destination) => ExchangeRecording.begin(options, head, destination) };
  }
}
