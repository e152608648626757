import type * as net from "node:net";
import type { Generation } from "../../shared/generation.ts";
import { AGENT_PORT, MAX_PORTS_PER_SANDBOX } from "../../shared/port.ts";
import type { PortReach } from "../../shared/protocol/agent-protocol.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../shared/refusal/refusal.ts";
import type { HeaderPolicy, RelayGuest, Upstream } from "../relay/relay.ts";
import { dialAddresses } from "../relay/socket/dial-addresses.ts";
import type { AgentAddress } from "./agent/agent-address.ts";
import { AgentPorts } from "./agent/agent-ports.ts";
import { connectThroughAgent } from "./agent/connect-through-agent.ts";
import { followAgent } from "./agent/follow-agent.ts";
import { scanPorts } from "./agent/scan-ports.ts";
import type { GuestRecord } from "./guest-record.ts";
import { PortWatches } from "./port-watches.ts";
import { reachableAddresses } from "./reachable-addresses.ts";

export interface GuestOptions {
  /** The set of open ports has changed. */
  onPortsChange(guest: Guest): void;
}

/** For each address that is tried. */
export const CONNECT_TIMEOUT_MS = 2_000;

/** Ports of a guest whose upstreams are kept, closed ones included; each is a small object. */
const MAX_UPSTREAMS = 1024;

/**
 * One generation of one guest: its address, its open ports, and how to dial them.
 *
 * While its agent is followed, the agent reports which ports are open and how they are reached. Without an agent, a
 * successful dial finds a port open, and a refused one finds it closed.
 */
export class Guest implements RelayGuest {
  readonly record: GuestRecord;
  readonly sandboxId: string;
  readonly workspace: string;
  readonly generation: Generation;
  readonly #options: GuestOptions;
  readonly #upstreams = new Map<number, Upstream>();
  readonly #agent: AgentAddress;
  readonly #watches = new PortWatches({
    mayBeOpen: (port) => this.#agentPorts?.listens(port) ?? true,
    isOpen: (port) => this.#probe(port),
  });
  readonly #pendingDials = new Set<(outcome: Refusal | net.Socket) => void>();
  #ended = false;
  #foundPorts: Set<number>;
  #agentPorts: AgentPorts | undefined;
  #scanning: Promise<AgentPorts | undefined> | undefined;
  #stopFollowing: () => void = () => {};

  constructor(record: GuestRecord, options: GuestOptions) {
    this.record = record;
    this.sandboxId = record.sandboxId;
    this.workspace = record.workspace;
    this.generation = record.generation;
    this.#options = options;
    this.#agent = { host: record.address, port: record.agentPort ?? AGENT_PORT };
    this.#foundPorts = new Set(record.ports);
  }

  /** Open ports, ascending. */
  get ports(): number[] {
    return this.#agentPorts?.list() ?? [...this.#foundPorts].sort((left, right) => left - right);
  }

  /** Its agent is there and reports its ports. */
  get agentFollowed(): boolean {
    return this.#agentPorts !== undefined;
  }

  /** Begins to follow the guest's agent: the one that it has, or one that it gets later. */
  start(): void {
    this.#stopFollowing();
    this.#stopFollowing = followAgent(this.#agent, {
      onEvent: (event) => {
        const first = this.#agentPorts === undefined;
        if (first && event.event !== "snapshot") return;
        this.#agentPorts ??= new AgentPorts();
        if (this.#agentPorts.apply(event) || first) this.#options.onPortsChange(this);
        this.#watches.check();
      },
      onLost: () => this.#forgetAgent(),
    });
  }

  /** Stops following the agent; open requests continue. */
  stop(): void {
    this.#stopFollowing();
  }

  /** This generation has ended: requests that wait for a connection are refused. */
  end(): void {
    this.#stopFollowing();
    this.#ended = true;
    this.#watches.end();
    for (const resolve of this.#pendingDials) resolve(refuse("guest_not_here"));
    this.#pendingDials.clear();
  }

  /** @returns how to reach a port, or why it must not be reached */
  findUpstream(port: number): Upstream | Refusal {
    if (port === this.#agent.port || port === AGENT_PORT) return refuse("port_reserved");
    if (this.#agentPorts === undefined && this.#isFull(port)) return refuse("port_limit");
    const known = this.#upstreams.get(port);
    if (known !== undefined) return known;
    if (this.#upstreams.size >= MAX_UPSTREAMS) this.#forgetClosedPorts();
    const headerPolicy: HeaderPolicy = this.record.publicPorts.includes(port) ? "public" : "local";
    const upstream: Upstream = {
      guest: this,
      port,
      headerPolicy,
      dial: () => this.#dialUntilEnd(port),
      watch: (onOpen) => this.#watches.watch(port, onOpen),
    };
    this.#upstreams.set(port, upstream);
    return upstream;
  }

  /** Takes the open ports from another source than the agent; while an agent is followed, its report wins. */
  reportPorts(ports: readonly number[]): void {
    this.#foundPorts = new Set(ports.slice(0, MAX_PORTS_PER_SANDBOX));
    if (this.#agentPorts === undefined) this.#options.onPortsChange(this);
  }

  #dialUntilEnd(port: number): Promise<net.Socket | Refusal> {
    return new Promise((resolve) => {
      if (this.#ended) return resolve(refuse("guest_not_here"));
      this.#pendingDials.add(resolve);
      this.#dial(port).then((dialled) => {
        if (this.#pendingDials.delete(resolve)) resolve(dialled);
        else if (!isRefusal(dialled)) dialled.destroy();
      });
    });
  }

  async #dial(port: number): Promise<net.Socket | Refusal> {
    const reach = this.#agentPorts?.reach(port);
    if (reach !== undefined) {
      const dialled = await this.#dialByReach(reach, port);
      if (!isRefusal(dialled) || dialled.code !== "port_closed") return dialled;
    }
    const ports = this.#agentPorts === undefined ? undefined : await this.#scan();
    return ports === undefined ? this.#dialWithoutReport(port) : this.#dialReported(ports, port);
  }

  /** After a fresh scan: a port that the agent does not report is closed. */
  async #dialReported(ports: AgentPorts, port: number): Promise<net.Socket | Refusal> {
    const reach = ports.reach(port);
    if (reach === undefined && ports.isWaiting(port)) return refuse("port_limit");
    const dialled = reach === undefined ? refuse("port_closed") : await this.#dialByReach(reach, port);
    return isRefusal(dialled) && dialled.code === "port_closed" ? this.#closed(port) : dialled;
  }

  async #dialWithoutReport(port: number): Promise<net.Socket | Refusal> {
    const dialled = await this.#dialByReach("direct", port);
    if (isRefusal(dialled)) {
      if (dialled.code !== "port_closed") return dialled;
      if (this.#foundPorts.delete(port)) this.#options.onPortsChange(this);
      return this.#closed(port);
    }
    if (this.#isFull(port)) {
      dialled.destroy();
      return refuse("port_limit");
    }
    if (!this.#foundPorts.has(port)) {
      this.#foundPorts.add(port);
      this.#options.onPortsChange(this);
    }
    return dialled;
  }

  async #dialByReach(reach: PortReach, port: number): Promise<net.Socket | Refusal> {
    if (reach !== "direct") return connectThroughAgent(this.#agent, reach, port);
    const addresses = reachableAddresses(this.record.address).map((host) => ({ host, port }));
    const dialled = await dialAddresses(addresses, CONNECT_TIMEOUT_MS);
    const refused = isRefusal(dialled) && dialled.code === "port_closed";
    if (!refused || this.#agentPorts === undefined) return dialled;
    // The agent reports a listener on `::` as "direct" also where it is IPv6-only: the kernel's table does not show it.
    const tunnelled = await connectThroughAgent(this.#agent, "::1", port);
    const agentSilent = isRefusal(tunnelled) && tunnelled.code === "guest_unreachable";
    return agentSilent ? dialled : tunnelled;
  }

  /** Whether a port answers that somebody waits for. One beyond the limit does: who waits for it must learn of that. */
  async #probe(port: number): Promise<boolean> {
    if (this.#agentPorts?.isWaiting(port)) return true;
    const dialled = await this.#dialByReach(this.#agentPorts?.reach(port) ?? "direct", port);
    if (isRefusal(dialled)) return false;
    dialled.destroy();
    return true;
  }

  /** Requests at the same time share one scan. */
  #scan(): Promise<AgentPorts | undefined> {
    this.#scanning ??= this.#scanNow().finally(() => {
      this.#scanning = undefined;
    });
    return this.#scanning;
  }

  async #scanNow(): Promise<AgentPorts | undefined> {
    const scan = await scanPorts(this.#agent);
    const ports = this.#agentPorts;
    if (scan === undefined || ports === undefined) return undefined;
    if (ports.apply({ event: "snapshot", ...scan })) this.#options.onPortsChange(this);
    this.#watches.check();
    return ports;
  }

  #closed(port: number): Refusal {
    return refuse("port_closed", { openPorts: this.ports.filter((open) => open !== port) });
  }

  #isFull(port: number): boolean {
    return !this.#foundPorts.has(port) && this.#foundPorts.size >= MAX_PORTS_PER_SANDBOX;
  }

  #forgetAgent(): void {
    if (this.#agentPorts === undefined) return;
    this.#foundPorts = new Set(this.#agentPorts.list());
    this.#agentPorts = undefined;
  }

  #forgetClosedPorts(): void {
    const open = new Set(this.ports);
    for (const port of this.#upstreams.keys()) if (!open.has(port)) this.#upstreams.delete(port);
  }
}
