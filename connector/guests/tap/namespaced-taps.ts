import { readdir } from "node:fs/promises";
import type { Guest } from "../guest.ts";
import { InterfaceMonitor } from "./interface-monitor.ts";
import { assignNamespaceId, listNamespaceIds } from "./namespace-ids.ts";
import type { InterfaceEvent } from "./parse-interface-event.ts";
import type { TapState } from "./parse-operstate.ts";
import { readNamespacedTapState } from "./read-namespaced-tap-state.ts";

/** Each tap is checked this often, also where the kernel has reported no change of it. */
const SWEEP_MS = 300_000;

/** At the same time; each check is a process. */
const MAX_CHECKS = 4;

/** Where iproute2 keeps the names of network namespaces (ip-netns(8)). */
const NAMESPACES_FOLDER = "/run/netns";

export interface NamespacedTapsOptions {
  list(): readonly Guest[];
  onState(guest: Guest, state: TapState | undefined): void;
}

interface NamespacedTap {
  readonly guest: Guest;
  readonly tap: string;
  /** The network namespace that holds the tap. */
  readonly namespace: string;
}

/**
 * Reports the state of taps in namespaces other than the connector's.
 *
 * A check takes a process. So a tap is checked when the kernel reports a change in its namespace, to one monitor for all
 * namespaces; where the kernel reports nothing to us, at every tick.
 */
export class NamespacedTaps {
  readonly #options: NamespacedTapsOptions;
  readonly #monitor = new InterfaceMonitor({
    onEvent: (event) => {
      this.#events.push(event);
      void this.#handleEvents();
    },
    onGap: () => {
      this.#namespaceIds = undefined;
      this.#check(this.#list());
    },
  });
  readonly #events: InterfaceEvent[] = [];
  #handlingEvents = false;
  /** `undefined`: they may have changed, and are listed again when they are needed. */
  #namespaceIds: ReadonlyMap<string, number> | undefined;
  /** Guests in whose namespaces the kernel reports changes. */
  readonly #monitored = new WeakSet<Guest>();
  readonly #checkedAtMs = new WeakMap<Guest, number>();
  readonly #queue = new Map<Guest, NamespacedTap>();
  #runningChecks = 0;

  constructor(options: NamespacedTapsOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#monitor.stop();
    this.#queue.clear();
  }

  /** Checks the taps that are due. */
  async tick(): Promise<void> {
    const taps = this.#list();
    if (taps.length === 0) return;
    this.#monitor.start();
    this.#check(taps.filter(({ guest }) => this.#isDue(guest)));
    // A namespace that has lost its name may exist further, and then the kernel reports nothing.
    const names = await listNames();
    for (const { guest, namespace } of taps) {
      if (names?.has(namespace) === false) this.#options.onState(guest, "absent");
    }
  }

  #list(): NamespacedTap[] {
    return this.#options.list().flatMap((guest): NamespacedTap[] => {
      const { tap, namespace } = guest.record;
      return tap === undefined || namespace === undefined ? [] : [{ guest, tap, namespace }];
    });
  }

  #isDue(guest: Guest): boolean {
    if (!this.#monitor.isListening || !this.#monitored.has(guest)) return true;
    return performance.now() - (this.#checkedAtMs.get(guest) ?? 0) >= SWEEP_MS;
  }

  /** One event after the other, because ids are given to other namespaces later. */
  async #handleEvents(): Promise<void> {
    if (this.#handlingEvents) return;
    this.#handlingEvents = true;
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
      this.#namespaceIds ??= await listNamespaceIds().catch(() => undefined);
      if (this.#namespaceIds === undefined) this.#check(this.#list());
      else this.#handleEvent(event, this.#namespaceIds);
    }
    this.#handlingEvents = false;
  }

  #handleEvent({ kind, namespaceId }: InterfaceEvent, ids: ReadonlyMap<string, number>): void {
    const concerned = this.#list().filter(({ namespace }) => ids.get(namespace) === namespaceId);
    if (kind === "namespace-id") {
      this.#namespaceIds = undefined;
      for (const { guest } of concerned) this.#monitored.delete(guest);
    }
    this.#check(concerned);
  }

  #check(taps: readonly NamespacedTap[]): void {
    for (const tap of taps) this.#queue.set(tap.guest, tap);
    for (const [guest, tap] of this.#queue) {
      if (this.#runningChecks >= MAX_CHECKS) return;
      this.#queue.delete(guest);
      this.#runningChecks++;
      void this.#checkNow(tap).finally(() => {
        this.#runningChecks--;
        this.#check([]);
      });
    }
  }

  async #checkNow({ guest, tap, namespace }: NamespacedTap): Promise<void> {
    // Before the check, so that a later change is reported.
    const monitored = this.#monitored.has(guest) || (await this.#monitorNamespace(namespace));
    this.#checkedAtMs.set(guest, performance.now());
    this.#options.onState(guest, await readNamespacedTapState(tap, namespace));
    if (monitored) this.#monitored.add(guest);
  }

  /** @returns whether the kernel reports changes in the namespace from now on */
  async #monitorNamespace(namespace: string): Promise<boolean> {
    try {
      await assignNamespaceId(namespace);
      this.#namespaceIds = undefined;
      return true;
    } catch {
      return false;
    }
  }
}

/** @returns `undefined` where they cannot be read now: no descriptor is free, for example */
async function listNames(): Promise<ReadonlySet<string> | undefined> {
  try {
    return new Set(await readdir(NAMESPACES_FOLDER));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? new Set() : undefined;
  }
}
