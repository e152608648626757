import type * as net from "node:net";
import { MAX_PORTS_PER_SANDBOX } from "../../shared/port.ts";
import type { Refusal } from "../../shared/refusal.ts";
import { isRefusal, refuse } from "../../shared/refusal.ts";
import { dialAddresses } from "../relay/dial-addresses.ts";
import type { HeaderPolicy, RelayGuest, Upstream } from "../relay/relay.ts";
import type { GuestRecord } from "./guest-record.ts";
import { reachableAddresses } from "./reachable-addresses.ts";

export interface GuestOptions {
  /** The set of open ports has changed. */
  onPortsChange(guest: Guest): void;
}

/** Per address that is tried. */
export const CONNECT_TIMEOUT_MS = 2_000;

/** Ports a guest may be asked for that turn out closed; each costs a small object until the guest ends. */
const MAX_UPSTREAMS = 1024;

/** One generation of one guest: where it is, which ports it has open, and how to dial them. */
export class Guest implements RelayGuest {
  readonly record: GuestRecord;
  readonly sandboxId: string;
  readonly generation: string;
  readonly #options: GuestOptions;
  readonly #upstreams = new Map<number, Upstream>();
  readonly #ports: Set<number>;

  constructor(record: GuestRecord, options: GuestOptions) {
    this.record = record;
    this.sandboxId = record.sandboxId;
    this.generation = record.generation;
    this.#options = options;
    this.#ports = new Set(record.ports);
  }

  /** Open ports, ascending. */
  get ports(): number[] {
    return [...this.#ports].sort((left, right) => left - right);
  }

  /** @returns how to reach a port, or `port_limit` where the guest exposes as many others as it may */
  findUpstream(port: number): Upstream | Refusal {
    if (!this.#ports.has(port) && this.#ports.size >= MAX_PORTS_PER_SANDBOX) return refuse("port_limit");
    const known = this.#upstreams.get(port);
    if (known !== undefined) return known;
    if (this.#upstreams.size >= MAX_UPSTREAMS) this.#forgetClosedPorts();
    const upstream = this.#createUpstream(port);
    this.#upstreams.set(port, upstream);
    return upstream;
  }

  /** What whoever watches the guest's ports says is open now. */
  reportPorts(ports: readonly number[]): void {
    this.#ports.clear();
    for (const port of ports.slice(0, MAX_PORTS_PER_SANDBOX)) this.#ports.add(port);
    this.#options.onPortsChange(this);
  }

  #createUpstream(port: number): Upstream {
    const headerPolicy: HeaderPolicy = this.record.publicPorts.includes(port) ? "public" : "local";
    return { guest: this, port, headerPolicy, dial: () => this.#dial(port) };
  }

  /** Without an agent, dialling is how ports are discovered, and how they are found closed. */
  async #dial(port: number): Promise<net.Socket | Refusal> {
    const addresses = reachableAddresses(this.record.address).map((host) => ({ host, port }));
    const dialled = await dialAddresses(addresses, CONNECT_TIMEOUT_MS);
    if (!isRefusal(dialled)) return this.#admit(port, dialled);
    if (dialled.refused !== "port_closed") return dialled;
    if (this.#ports.delete(port)) this.#options.onPortsChange(this);
    return refuse("port_closed", { openPorts: this.ports });
  }

  #admit(port: number, socket: net.Socket): net.Socket | Refusal {
    if (this.#ports.has(port)) return socket;
    if (this.#ports.size >= MAX_PORTS_PER_SANDBOX) {
      socket.destroy();
      return refuse("port_limit");
    }
    this.#ports.add(port);
    this.#options.onPortsChange(this);
    return socket;
  }

  #forgetClosedPorts(): void {
    for (const port of this.#upstreams.keys()) if (!this.#ports.has(port)) this.#upstreams.delete(port);
  }
}
