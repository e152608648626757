import { MAX_PORTS_PER_SANDBOX } from "../shared/port.ts";
import type {
  LoopbackAddress,
  PortChange,
  PortReach,
  PortReport,
  PortScan,
} from "../shared/protocol/agent-protocol.ts";
import { MAX_WAITING_PORTS } from "../shared/protocol/agent-protocol.ts";
import type { ListeningPorts } from "./kernel/open-listeners.ts";
import { DIRECT, LOOPBACK_V4, LOOPBACK_V6 } from "./kernel/parse-listener.ts";

/**
 * The ports that a guest exposes: the first `MAX_PORTS_PER_SANDBOX` that listen. Later ones wait until one closes. Of
 * ports that appear in the same scan, the lower number counts as the earlier.
 */
export class PortRegistry {
  readonly #excluded: ReadonlySet<number>;
  readonly #registered = new Map<number, number>();
  readonly #waiting = new Set<number>();

  constructor(excluded: ReadonlySet<number>) {
    this.#excluded = excluded;
  }

  /** Applies a scan. @returns what it changed, or `undefined` */
  update(listening: ListeningPorts): PortChange | undefined {
    const close = this.#forgetClosed(listening);
    const rerouted = this.#reroute(listening);
    const waitedBefore = [...this.#waiting];
    this.#dropWaiting(listening);
    this.#queueNew(listening);
    const open = [...rerouted, ...this.#registerWaiting(listening)];
    const waiting = [...this.#waiting];
    if (open.length + close.length === 0 && sameOrder(waiting, waitedBefore)) return undefined;
    return { open, close, waiting };
  }

  scan(): PortScan {
    const ports = Array.from(this.#registered, ([port, reach]) => report(port, reach));
    return { ports, waiting: [...this.#waiting] };
  }

  /** Whether a registered listener can be dialled at this loopback address. */
  accepts(address: LoopbackAddress, port: number): boolean {
    const bit = address === "::1" ? LOOPBACK_V6 : LOOPBACK_V4;
    return ((this.#registered.get(port) ?? 0) & bit) !== 0;
  }

  #forgetClosed(listening: ListeningPorts): number[] {
    const closed = [...this.#registered.keys()].filter((port) => !listening.has(port));
    for (const port of closed) this.#registered.delete(port);
    return closed;
  }

  #reroute(listening: ListeningPorts): PortReport[] {
    const rerouted: PortReport[] = [];
    for (const [port, before] of this.#registered) {
      const reach = listening.get(port) ?? before;
      this.#registered.set(port, reach);
      if (preferredReach(reach) !== preferredReach(before)) rerouted.push(report(port, reach));
    }
    return rerouted;
  }

  #dropWaiting(listening: ListeningPorts): void {
    for (const port of this.#waiting) if (!listening.has(port)) this.#waiting.delete(port);
  }

  #queueNew(listening: ListeningPorts): void {
    const isNew = (port: number): boolean =>
      !this.#registered.has(port) && !this.#waiting.has(port) && !this.#excluded.has(port);
    const room = MAX_PORTS_PER_SANDBOX - this.#registered.size + MAX_WAITING_PORTS - this.#waiting.size;
    const arrived = [...listening.keys()].filter(isNew).sort((left, right) => left - right);
    for (const port of arrived.slice(0, room)) this.#waiting.add(port);
  }

  #registerWaiting(listening: ListeningPorts): PortReport[] {
    const opened: PortReport[] = [];
    for (const port of this.#waiting) {
      if (this.#registered.size >= MAX_PORTS_PER_SANDBOX) break;
      const reach = listening.get(port) ?? 0;
      this.#waiting.delete(port);
      this.#registered.set(port, reach);
      opened.push(report(port, reach));
    }
    return opened;
  }
}

function report(port: number, reach: number): PortReport {
  return { port, reach: preferredReach(reach) };
}

function preferredReach(reach: number): PortReach {
  if ((reach & DIRECT) !== 0) return "direct";
  return (reach & LOOPBACK_V4) !== 0 ? "127.0.0.1" : "::1";
}

function sameOrder(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((port, index) => port === right[index]);
}
