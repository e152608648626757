import { MAX_PORTS_PER_SANDBOX } from "../../../shared/port.ts";
import type { PortEvent, PortReach, PortScan } from "../../../shared/protocol/agent-protocol.ts";

/** What an agent has said about its guest's ports, put together. */
export class AgentPorts {
  readonly #reaches = new Map<number, PortReach>();
  #waiting: ReadonlySet<number> = new Set();

  /** @returns whether the registered ports differ from before */
  take(event: PortEvent | ({ readonly event: "snapshot" } & PortScan)): boolean {
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

  /** Ascending. */
  list(): number[] {
    return [...this.#reaches.keys()].sort((left, right) => left - right);
  }

  /** The agent keeps to the limit; a guest that has replaced it may not. */
  #dropExcess(): void {
    for (const port of [...this.#reaches.keys()].slice(MAX_PORTS_PER_SANDBOX)) this.#reaches.delete(port);
  }

  #fingerprint(): string {
    return this.list().join();
  }
}
