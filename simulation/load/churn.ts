import type { HostApiVerb } from "../../shared/protocol/host-api.ts";
import { encodeGuest, encodeHeartbeat, hostApiPath } from "../../shared/protocol/host-api.ts";
import { signHostToken } from "../../shared/protocol/host-token.ts";
import type { World } from "../world.ts";
import { callApi } from "./call-api.ts";
import type { Owners } from "./owners.ts";

const TOKEN_REUSE_MS = 30_000;

/** The most visited sandboxes do not end, so that changes of their links and limits can be observed. */
const LASTING = 100;

/** The calls of the hosts' connectors: heartbeats, guests that end and start, and ports. */
export class Churn {
  readonly #world: World;
  readonly #owners: Owners;
  readonly #tokens = new Map<number, { token: Promise<string>; untilMs: number }>();
  /** Sandboxes that have ended on their host and may still have a route at the edge. */
  readonly #ending = new Set<number>();

  constructor(world: World, owners: Owners) {
    this.#world = world;
    this.#owners = owners;
  }

  start(): void {
    const { fleet, scenario, random, time } = this.#world;
    for (let host = 0; host < scenario.silentHosts; host++)
      time.after(1, () => void this.#sendHeartbeatOnce(host));
    for (let host = scenario.silentHosts; host < fleet.size.hosts; host++)
      this.#repeat(scenario.heartbeatS * 1000, random.fraction(), () => this.#sendHeartbeat(host));
    this.#atRandom(fleet.count / scenario.sandboxLifeS, () => this.#replace(this.#drawShortLived()));
    this.#atRandom(scenario.portChangesPerSecond, () => this.#reportPorts(this.#drawShortLived()));
  }

  #repeat(intervalMs: number, phase: number, act: () => Promise<unknown>): void {
    const { time } = this.#world;
    const again = (): void => {
      time.after(intervalMs, again);
      void act();
    };
    time.after(intervalMs * phase, again);
  }

  /** At random moments. @param perSecond on average */
  #atRandom(perSecond: number, act: () => Promise<unknown>): void {
    const { time, random } = this.#world;
    const each = (): void => {
      time.after(1, each);
      for (let count = random.poisson(perSecond / 1000); count > 0; count--) void act();
    };
    time.after(1, each);
  }

  /** On a host that sends heartbeats. */
  #drawShortLived(): number {
    const { fleet, random, scenario } = this.#world;
    for (;;) {
      const index = Math.min(LASTING, fleet.count - 1) + random.below(Math.max(1, fleet.count - LASTING));
      if (fleet.hostOf(index) >= scenario.silentHosts) return index;
    }
  }

  async #sendHeartbeatOnce(host: number): Promise<void> {
    await this.#sendHeartbeat(host);
    this.#world.propagationCheck.silence(this.#world.fleet.hostId(host));
  }

  async #sendHeartbeat(host: number): Promise<void> {
    const { fleet, time } = this.#world;
    const indexes = fleet.onHost(host).filter((index) => !this.#ending.has(index));
    const guests = indexes.map((index) => this.#guest(index));
    await this.#call(host, "heartbeat", encodeHeartbeat(guests, time.nowMs));
  }

  /** A sandbox ends, and another one starts in its place. */
  async #replace(index: number): Promise<void> {
    if (this.#ending.has(index)) return;
    const { fleet } = this.#world;
    const host = fleet.hostOf(index);
    this.#ending.add(index);
    await this.#world.formerState.mintLink(index, this.#world.objects);
    await this.#call(host, "detach", encodeGuest(this.#guest(index)));
    this.#world.counts.ended.set(fleet.sandboxId(index), this.#world.time.nowMs);
    fleet.replace(index, this.#world.time.nowMs);
    this.#ending.delete(index);
    const workspace = fleet.workspaceId(fleet.workspaceOf(index));
    await this.#call(host, "attach", {
      ...encodeGuest(this.#guest(index)),
      workspace,
      ports: [fleet.port()],
    });
    await this.#owners.mintLink(index);
  }

  async #reportPorts(index: number): Promise<void> {
    if (this.#ending.has(index)) return;
    const { fleet, random } = this.#world;
    const ports = [fleet.port(), 8000 + random.below(100)];
    await this.#call(fleet.hostOf(index), "ports", { ...encodeGuest(this.#guest(index)), ports });
  }

  #guest(index: number) {
    const { fleet } = this.#world;
    return { sandboxId: fleet.sandboxId(index), generation: fleet.generation(index) };
  }

  async #call(host: number, verb: HostApiVerb, body: unknown): Promise<void> {
    const id = this.#world.fleet.hostId(host);
    const token = await this.#token(host);
    await callApi(this.#world, { name: verb, method: "POST", path: hostApiPath(id, verb), token, body });
  }

  #token(host: number): Promise<string> {
    const { time, fleet, hostKey } = this.#world;
    const known = this.#tokens.get(host);
    if (known !== undefined && time.nowMs < known.untilMs) return known.token;
    const token = signHostToken(fleet.hostId(host), hostKey, time.nowMs);
    this.#tokens.set(host, { token, untilMs: time.nowMs + TOKEN_REUSE_MS });
    return token;
  }
}
