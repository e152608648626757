import { readdir } from "node:fs/promises";
import type { Guest } from "../guest.ts";
import { InterfaceMonitor } from "./interface-monitor.ts";
import { giveNamespaceId, listNamespaceIds } from "./namespace-ids.ts";
import type { InterfaceEvent } from "./parse-interface-event.ts";
import type { TapState } from "./read-tap-state.ts";
import { askTapState } from "./read-tap-state.ts";

/** Each tap is looked at so often, even though the kernel has told nothing of it. */
const SWEEP_MS = 300_000;

/** At the same time; each look is a process. */
const MAX_LOOKS = 4;

/** Where iproute2 keeps the names of network namespaces (ip-netns(8)). */
const NAMESPACES_FOLDER = "/run/netns";

export interface DistantTapsOptions {
  list(): readonly Guest[];
  onState(guest: Guest, state: TapState | undefined): void;
}

/** A guest, its tap, and the namespace that holds it. */
type Distant = readonly [guest: Guest, tap: string, namespace: string];

/**
 * Tells how taps in namespaces other than the connector's are.
 *
 * To look at one takes a process, so that is done when the kernel tells of a change there: one listener for all of
 * them. Where the kernel does not tell, every tick.
 */
export class NamespacedTaps {
  readonly #options: DistantTapsOptions;
  readonly #monitor = new InterfaceMonitor({
    onEvent: (event) => {
      this.#heard.push(event);
      void this.#sortEvents();
    },
    onGap: () => {
      this.#ids = undefined;
      this.#lookAt(this.#distant());
    },
  });
  /** Guests of whose namespace the kernel tells. */
  readonly #told = new WeakSet<Guest>();
  readonly #lookedAtMs = new WeakMap<Guest, number>();
  readonly #toLookAt = new Map<Guest, Distant>();
  readonly #heard: InterfaceEvent[] = [];
  #sorting = false;
  /** `undefined`: to be asked for. */
  #ids: ReadonlyMap<string, number> | undefined;
  #looks = 0;

  constructor(options: DistantTapsOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#monitor.stop();
    this.#toLookAt.clear();
  }

  /** Looks at the taps whose turn it is. */
  async tick(): Promise<void> {
    const distant = this.#distant();
    if (distant.length === 0) return;
    this.#monitor.start();
    this.#lookAt(distant.filter(([guest]) => this.#isDue(guest)));
    // A namespace that has lost its name may live on, and then the kernel has nothing to tell.
    const names = await listNames();
    for (const [guest, , namespace] of distant) {
      if (names?.has(namespace) === false) this.#options.onState(guest, "absent");
    }
  }

  #distant(): Distant[] {
    return this.#options.list().flatMap((guest): Distant[] => {
      const { tap, namespace } = guest.record;
      return tap === undefined || namespace === undefined ? [] : [[guest, tap, namespace]];
    });
  }

  #isDue(guest: Guest): boolean {
    if (!this.#monitor.listens || !this.#told.has(guest)) return true;
    return performance.now() - (this.#lookedAtMs.get(guest) ?? 0) >= SWEEP_MS;
  }

  /** One event after the other, because ids change hands. */
  async #sortEvents(): Promise<void> {
    if (this.#sorting) return;
    this.#sorting = true;
    for (let event = this.#heard.shift(); event !== undefined; event = this.#heard.shift()) {
      this.#ids ??= await listNamespaceIds().catch(() => undefined);
      if (this.#ids === undefined) this.#lookAt(this.#distant());
      else this.#takeEvent(event, this.#ids);
    }
    this.#sorting = false;
  }

  #takeEvent({ about, namespaceId }: InterfaceEvent, ids: ReadonlyMap<string, number>): void {
    const concerned = this.#distant().filter(([, , namespace]) => ids.get(namespace) === namespaceId);
    if (about === "id") {
      this.#ids = undefined;
      for (const [guest] of concerned) this.#told.delete(guest);
    }
    this.#lookAt(concerned);
  }

  #lookAt(distant: readonly Distant[]): void {
    for (const one of distant) this.#toLookAt.set(one[0], one);
    for (const [guest, one] of this.#toLookAt) {
      if (this.#looks >= MAX_LOOKS) return;
      this.#toLookAt.delete(guest);
      this.#looks++;
      void this.#look(one).finally(() => {
        this.#looks--;
        this.#lookAt([]);
      });
    }
  }

  async #look([guest, tap, namespace]: Distant): Promise<void> {
    // Before the look, so that a change after it is told.
    const told = this.#told.has(guest) || (await this.#askToBeTold(namespace));
    this.#lookedAtMs.set(guest, performance.now());
    this.#options.onState(guest, await askTapState(tap, namespace));
    if (told) this.#told.add(guest);
  }

  async #askToBeTold(namespace: string): Promise<boolean> {
    try {
      await giveNamespaceId(namespace);
      this.#ids = undefined;
      return true;
    } catch {
      return false;
    }
  }
}

/** @returns `undefined` where that cannot be found out now: out of descriptors, say */
async function listNames(): Promise<ReadonlySet<string> | undefined> {
  try {
    return new Set(await readdir(NAMESPACES_FOLDER));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? new Set() : undefined;
  }
}
