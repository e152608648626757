import { MAX_PORTS_PER_SANDBOX } from "../../../shared/port.ts";
import type { PortEvent, PortReach, PortScan } from "../../../shared/protocol/agent-protocol.ts";

/** A guest's ports after all that its agent has reported. */
export class AgentPorts {
  readonly #reaches = new Map<number, PortReach>();
  #waiting: ReadonlySet<number> = new Set();

  /** @returns whether the registered ports, or which of them are bound to loopback only, differ from before */
  apply(event: PortEvent): boolean {
    if (event.event === "alive") return false;
    const before = this.#fingerprint();
    if (event.event === "snapshot") this.#reaches.clear();
    else for (const port of event.close) this.#reaches.delete(port);
    for (const { port, reach } of event.event === "snapshot" ? event.ports : event.open)
      this.#reaches.set(port, reach);
    this.#dropExcess();
    this.#waiting = new Set(event.waiting);
    return this.#fingerprint() !== before;
  }

  reach(port: number): PortReach | undefined {
    return this.#reaches.get(port);
  }

  isWaiting(port: number): boolean {
    return this.#waiting.has(port);
  }

  /** Registered or waiting. */
  listens(port: number): boolean {
    return this.#reaches.has(port) || this.#waiting.has(port);
  }

  /** Ascending. */
  list(): number[] {
    return [...this.#reaches.keys()].sort((left, right) => left - right);
  }

  /** All of it, as a scan reports it. */
  scan(): PortScan {
    const ports = Array.from(this.#reaches, ([port, reach]) => ({ port, reach }));
    return { ports, waiting: [...this.#waiting] };
  }

  /** Our agent respects the limit; a program in its place may not. */
  #dropExcess(): void {
    for (const port of [...this.#reaches.keys()].slice(MAX_PORTS_PER_SANDBOX)) this.#reaches.delete(port);
  }

  #fingerprint(): string {
    return this.list()
      .map((port) => (this.reach(port) === "direct" ? port : `${port} on loopback`))
      .join();
  }
}
