import type { Generation } from "../../shared/generation.ts";
import { AGENT_MAX_RETRY_MS } from "../guests/agent/agent-limits.ts";
import { Guest } from "../guests/guest.ts";
import type { GuestName, GuestState } from "./contract.ts";

export interface GuestMirrorOptions {
  /** The guest is not reachable any more: everything that is open to it must end now. */
  onDetach(guest: Guest): void;
  /** Without an agent, dialling has found ports of the guest open or closed. */
  onFound(guest: Guest, opened: readonly number[], closed: readonly number[]): void;
  /** Resolves when the host process has sent that generation, or does not have it. */
  locate(guest: GuestName): Promise<void>;
  /** Has the host process look for the agent of a guest that is visited. */
  seekAgent(guest: GuestName): void;
}

/** A worker's copy of the host's guest table. Only the host process follows the guests' agents. */
export class GuestMirror {
  readonly #options: GuestMirrorOptions;
  readonly #guests = new Map<string, Guest>();
  /** The ports that the host process knows of each guest without an agent. */
  readonly #knownPorts = new WeakMap<Guest, ReadonlySet<number>>();
  readonly #soughtMs = new WeakMap<Guest, number>();

  constructor(options: GuestMirrorOptions) {
    this.#options = options;
  }

  find(sandboxId: string): Guest | undefined {
    return this.#guests.get(sandboxId);
  }

  get size(): number {
    return this.#guests.size;
  }

  /**
   * The edge, and whoever attaches a guest, may know of a generation a moment before this process: where it is not here,
   * the host process is asked.
   */
  findArriving(sandboxId: string, generation: Generation): Promise<void> | undefined {
    if (this.#guests.get(sandboxId)?.generation === generation) return undefined;
    return this.#options.locate({ sandboxId, generation });
  }

  /** All guests of the host: those that are not among them have ended. */
  replace(states: readonly GuestState[]): void {
    const listed = new Set(states.map(({ record }) => record.sandboxId));
    for (const guest of [...this.#guests.values()]) if (!listed.has(guest.sandboxId)) this.#end(guest);
    this.set(states);
  }

  set(states: readonly GuestState[]): void {
    for (const state of states) this.#setOne(state);
  }

  remove({ sandboxId, generation }: GuestName): void {
    const guest = this.#guests.get(sandboxId);
    if (guest?.generation === generation) this.#end(guest);
  }

  #setOne({ record, agent, found }: GuestState): void {
    let guest = this.#guests.get(record.sandboxId);
    if (guest?.generation !== record.generation) {
      if (guest !== undefined) this.#end(guest);
      guest = new Guest(record, {
        onPortsChange: (changed) => this.#reportFound(changed),
        onAgentMissed: (visited) => this.#seekAgent(visited),
      });
      this.#guests.set(record.sandboxId, guest);
    }
    this.#knownPorts.set(guest, new Set(found));
    guest.applyPorts({ agent, found });
  }

  #end(guest: Guest): void {
    this.#guests.delete(guest.sandboxId);
    guest.end();
    this.#options.onDetach(guest);
  }

  /** Not for each visit: the host process makes no more attempts than that. */
  #seekAgent(guest: Guest): void {
    const nowMs = performance.now();
    if (nowMs - (this.#soughtMs.get(guest) ?? Number.NEGATIVE_INFINITY) < AGENT_MAX_RETRY_MS) return;
    this.#soughtMs.set(guest, nowMs);
    this.#options.seekAgent({ sandboxId: guest.sandboxId, generation: guest.generation });
  }

  #reportFound(guest: Guest): void {
    if (guest.agentFollowed) return;
    const known = this.#knownPorts.get(guest) ?? new Set();
    const now = new Set(guest.ports);
    this.#knownPorts.set(guest, now);
    const opened = [...now].filter((port) => !known.has(port));
    const closed = [...known].filter((port) => !now.has(port));
    if (opened.length + closed.length > 0) this.#options.onFound(guest, opened, closed);
  }
}
