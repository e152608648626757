import type * as net from "node:net";
import type { Generation } from "../../shared/generation.ts";
import { AGENT_PORT, MAX_PORTS_PER_SANDBOX } from "../../shared/port.ts";
import type { PortEvent, PortReach, PortScan } from "../../shared/protocol/agent-protocol.ts";
import type { PassTerms } from "../../shared/protocol/pass.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../shared/refusal/refusal.ts";
import type { HeaderPolicy, RelayGuest, Upstream } from "../relay/relay.ts";
import { beginTls } from "../relay/socket/begin-tls.ts";
import { dialAddresses } from "../relay/socket/dial-addresses.ts";
import type { AgentAddress } from "./agent/agent-address.ts";
import { AgentPorts } from "./agent/agent-ports.ts";
import { connectThroughAgent } from "./agent/connect-through-agent.ts";
import type { AgentFollower } from "./agent/follow-agent.ts";
import { followAgent } from "./agent/follow-agent.ts";
import { scanPorts } from "./agent/scan-ports.ts";
import type { GuestRecord } from "./guest-record.ts";
import { PortWatches } from "./port-watches.ts";
import { reachableAddresses } from "./reachable-addresses.ts";

export interface GuestOptions {
  /** The set of open ports has changed. */
  onPortsChange(guest: Guest): void;
  /** What the agent reports has changed, or its ports were found; also where the set of open ports is the same. */
  onReachChange?(guest: Guest): void;
  /** It is visited while no agent is followed; called where this process follows none at all. */
  onAgentMissed?(guest: Guest): void;
}

/** What another process must know to reach a guest's ports. */
export interface PortState {
  /** What the agent has reported last; `undefined` where none is followed. */
  readonly agent: PortScan | undefined;
  /** Open ports that were found without an agent. */
  readonly found: readonly number[];
}

/** The open ports of a guest, ascending, and those of them whose servers listen on its loopback only. */
export interface GuestPorts {
  readonly open: readonly number[];
  readonly loopback: readonly number[];
}

/** For each address that is tried. */
export const CONNECT_TIMEOUT_MS = 2_000;

/** Upstreams of a guest that are kept, those of closed ports included; each is a small object. */
const MAX_UPSTREAMS = 1024;

/** A port has one upstream for each way to reach it, so that no connection of one way serves another. */
const WAYS = 8;
const PUBLIC = 1;
const OVER_TLS = 2;
const WITHOUT_LOOPBACK = 4;

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
    isOpen: (port) => this.#probe(port, true),
  });
  /** For those who must not reach a server that listens on loopback only. */
  readonly #directWatches = new PortWatches({
    mayBeOpen: (port) => (this.#agentPorts?.listens(port) ?? true) && !this.isLoopbackOnly(port),
    isOpen: (port) => this.#probe(port, false),
  });
  readonly #pendingDials = new Set<(outcome: Refusal | net.Socket) => void>();
  #ended = false;
  #foundPorts: Set<number>;
  #agentPorts: AgentPorts | undefined;
  #scanning: Promise<AgentPorts | undefined> | undefined;
  #follower: AgentFollower | undefined;

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
    this.#follower?.stop();
    this.#follower = followAgent(this.#agent, {
      onEvent: (event) => {
        const first = this.#agentPorts === undefined;
        if (first && event.event !== "snapshot") return;
        this.#agentPorts ??= new AgentPorts();
        this.#applyEvent(this.#agentPorts, event, first);
      },
      onLost: () => this.#forgetAgent(),
    });
  }

  /** Looks for the agent soon, where none is followed: somebody visits the guest. */
  seekAgent(): void {
    if (this.#agentPorts === undefined) this.#follower?.hurry();
  }

  /** Stops following the agent; open requests continue. */
  stop(): void {
    this.#follower?.stop();
  }

  /** This generation has ended: requests that wait for a connection are refused. */
  end(): void {
    this.#follower?.stop();
    this.#ended = true;
    this.#watches.end();
    this.#directWatches.end();
    for (const resolve of this.#pendingDials) resolve(refuse("guest_not_here"));
    this.#pendingDials.clear();
  }

  /** Whether the port's server listens on the guest's loopback only. */
  isLoopbackOnly(port: number): boolean {
    return (this.#agentPorts?.reach(port) ?? "direct") !== "direct";
  }

  listPorts(): GuestPorts {
    const open = this.ports;
    return { open, loopback: open.filter((port) => this.isLoopbackOnly(port)) };
  }

  /**
   * @param terms of the pass
   * @returns how to reach a port, or why it must not be reached
   */
  findUpstream(port: number, terms?: PassTerms): Upstream | Refusal {
    if (port === this.#agent.port || port === AGENT_PORT) return refuse("port_reserved");
    if (this.#agentPorts === undefined && this.#isFull(port)) return refuse("port_limit");
    const way = this.#chooseWay(port, terms);
    const known = this.#upstreams.get(port * WAYS + way);
    if (known !== undefined) return known;
    if (this.#upstreams.size >= MAX_UPSTREAMS) this.#forgetClosedPorts();
    const upstream = this.#createUpstream(port, way);
    this.#upstreams.set(port * WAYS + way, upstream);
    return upstream;
  }

  #chooseWay(port: number, terms: PassTerms | undefined): number {
    let way = this.record.loopback === "off" ? WITHOUT_LOOPBACK : 0;
    const { publicPorts } = this.record;
    if (terms === undefined) return publicPorts.length > 0 && publicPorts.includes(port) ? way | PUBLIC : way;
    const policy: HeaderPolicy = terms.hostPolicy ?? (publicPorts.includes(port) ? "public" : "local");
    if (policy === "public") way |= PUBLIC;
    if (terms.scheme === "https") way |= OVER_TLS;
    return terms.loopback === "off" ? way | WITHOUT_LOOPBACK : way;
  }

  #createUpstream(port: number, way: number): Upstream {
    const overTls = (way & OVER_TLS) !== 0;
    const mayUseLoopback = (way & WITHOUT_LOOPBACK) === 0;
    const connect = async (): Promise<net.Socket | Refusal> => {
      const dialled = await this.#dial(port, mayUseLoopback);
      return isRefusal(dialled) || !overTls ? dialled : beginTls(dialled);
    };
    return {
      guest: this,
      port,
      headerPolicy: (way & PUBLIC) === 0 ? "local" : "public",
      ...(overTls && { scheme: "https" }),
      dial: () => this.#untilEnd(connect),
      watch: (onOpen) => (mayUseLoopback ? this.#watches : this.#directWatches).watch(port, onOpen),
    };
  }

  get portState(): PortState {
    return { agent: this.#agentPorts?.scan(), found: [...this.#foundPorts] };
  }

  /** Takes what another process knows, which follows the agent. */
  applyPorts({ agent, found }: PortState): void {
    this.#foundPorts = new Set(found);
    this.#agentPorts = agent === undefined ? undefined : new AgentPorts();
    if (agent !== undefined) this.#agentPorts?.apply({ event: "snapshot", ...agent });
    this.#checkWatches();
  }

  /** Without an agent, another process has found ports open or closed. */
  mergeFound(opened: readonly number[], closed: readonly number[]): void {
    const found = new Set([...this.#foundPorts].filter((port) => !closed.includes(port)));
    for (const port of opened) if (found.size < MAX_PORTS_PER_SANDBOX) found.add(port);
    this.reportPorts([...found]);
  }

  /** Takes the open ports from another source than the agent; while an agent is followed, its report wins. */
  reportPorts(ports: readonly number[]): void {
    this.#foundPorts = new Set(ports.slice(0, MAX_PORTS_PER_SANDBOX));
    if (this.#agentPorts === undefined) this.#reportFound();
  }

  #untilEnd(connect: () => Promise<net.Socket | Refusal>): Promise<net.Socket | Refusal> {
    return new Promise((resolve) => {
      if (this.#ended) return resolve(refuse("guest_not_here"));
      this.#pendingDials.add(resolve);
      connect().then((dialled) => {
        if (this.#pendingDials.delete(resolve)) resolve(dialled);
        else if (!isRefusal(dialled)) dialled.destroy();
      });
    });
  }

  async #dial(port: number, mayUseLoopback: boolean): Promise<net.Socket | Refusal> {
    const reach = this.#agentPorts?.reach(port);
    if (reach !== undefined && (mayUseLoopback || reach === "direct")) {
      const dialled = await this.#dialByReach(reach, port, mayUseLoopback);
      if (!isRefusal(dialled) || dialled.code !== "port_closed") return dialled;
    }
    const ports = this.#agentPorts === undefined ? undefined : await this.#scan();
    return ports === undefined
      ? this.#dialWithoutReport(port)
      : this.#dialReported(ports, port, mayUseLoopback);
  }

  /** After a fresh scan: a port that the agent does not report is closed. */
  async #dialReported(
    ports: AgentPorts,
    port: number,
    mayUseLoopback: boolean,
  ): Promise<net.Socket | Refusal> {
    const found = ports.reach(port);
    const reach = mayUseLoopback || found === "direct" ? found : undefined;
    if (reach === undefined && ports.isWaiting(port)) return refuse("port_limit");
    const dialled =
      reach === undefined ? refuse("port_closed") : await this.#dialByReach(reach, port, mayUseLoopback);
    return isRefusal(dialled) && dialled.code === "port_closed" ? this.#closed(port) : dialled;
  }

  async #dialWithoutReport(port: number): Promise<net.Socket | Refusal> {
    this.#missAgent();
    const dialled = await this.#dialByReach("direct", port);
    if (isRefusal(dialled)) {
      if (dialled.code !== "port_closed") return dialled;
      if (this.#foundPorts.delete(port)) this.#reportFound();
      return this.#closed(port);
    }
    if (this.#isFull(port)) {
      dialled.destroy();
      return refuse("port_limit");
    }
    if (!this.#foundPorts.has(port)) {
      this.#foundPorts.add(port);
      this.#reportFound();
    }
    return dialled;
  }

  async #dialByReach(reach: PortReach, port: number, mayUseLoopback = true): Promise<net.Socket | Refusal> {
    if (reach !== "direct") return connectThroughAgent(this.#agent, reach, port);
    const addresses = reachableAddresses(this.record.address).map((host) => ({ host, port }));
    const dialled = await dialAddresses(addresses, CONNECT_TIMEOUT_MS);
    const refused = isRefusal(dialled) && dialled.code === "port_closed";
    if (!refused || this.#agentPorts === undefined || !mayUseLoopback) return dialled;
    // The agent reports a listener on `::` as "direct" also where it is IPv6-only: the kernel's table does not show it.
    const tunnelled = await connectThroughAgent(this.#agent, "::1", port);
    const agentSilent = isRefusal(tunnelled) && tunnelled.code === "guest_unreachable";
    return agentSilent ? dialled : tunnelled;
  }

  /** Whether a port answers that somebody waits for. One beyond the limit does: who waits for it must learn of that. */
  async #probe(port: number, mayUseLoopback: boolean): Promise<boolean> {
    if (this.#agentPorts === undefined) this.#missAgent();
    else if (this.#agentPorts.isWaiting(port)) return true;
    const reach = this.#agentPorts?.reach(port) ?? "direct";
    const dialled = await this.#dialByReach(reach, port, mayUseLoopback);
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
    this.#applyEvent(ports, { event: "snapshot", ...scan });
    return ports;
  }

  #missAgent(): void {
    if (this.#follower === undefined) this.#options.onAgentMissed?.(this);
    else this.#follower.hurry();
  }

  #checkWatches(): void {
    this.#watches.check();
    this.#directWatches.check();
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
    this.#options.onReachChange?.(this);
  }

  #applyEvent(ports: AgentPorts, event: PortEvent, isFirst = false): void {
    if (ports.apply(event) || isFirst) this.#options.onPortsChange(this);
    if (event.event !== "alive") this.#options.onReachChange?.(this);
    this.#checkWatches();
  }

  #reportFound(): void {
    this.#options.onPortsChange(this);
    this.#options.onReachChange?.(this);
  }

  #forgetClosedPorts(): void {
    const open = new Set(this.ports);
    for (const [key, { port }] of this.#upstreams) if (!open.has(port)) this.#upstreams.delete(key);
  }
}
