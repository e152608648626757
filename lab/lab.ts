import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BootOptions } from "./boot-machine.ts";
import { bootGuest } from "./boot-machine.ts";
import type { Image } from "./build-image.ts";
import { buildImage } from "./build-image.ts";
import { Gate } from "./gate.ts";
import type { Guest } from "./machine.ts";
import type { NetworkShape } from "./machine-network.ts";
import { layGuestNetwork, MAX_GUESTS } from "./machine-network.ts";
import { Namespace, removeDeadNamespaces } from "./namespace.ts";

export interface LabBootOptions extends Omit<BootOptions, "image"> {
  readonly shape: NetworkShape;
  /** Default: the plain one. */
  readonly image?: Image;
}

/**
 * A host with microVMs, on this machine but out of its way: every tap and veth is inside network namespaces
 * that the lab makes and takes away.
 *
 * @example
 * ```ts
 * await using lab = await Lab.create();
 * const guest = await lab.boot({ shape: "tap" });
 * await guest.start("httpd", "httpd -f -p 3000 -h /srv");
 * const socket = await lab.gate.connect(guest.address, 3000);
 * ```
 */
export class Lab {
  /** Plays the host: taps, veths and the connector live here. */
  readonly host: Namespace;
  /** Sockets of the host's namespace for this process. */
  readonly gate: Gate;
  readonly #folder: string;
  readonly #guests = new Map<number, Guest>();
  #index = 0;

  private constructor(host: Namespace, gate: Gate, folder: string) {
    this.host = host;
    this.gate = gate;
    this.#folder = folder;
  }

  /** Makes the host's namespace, after taking away those of labs that died. */
  static async create(): Promise<Lab> {
    await removeDeadNamespaces();
    const host = await Namespace.create("host");
    const folder = await mkdtemp(join(tmpdir(), "lab-"));
    return new Lab(host, await Gate.open(host), folder);
  }

  /** Boots a guest; several may boot at once. */
  async boot({ shape, ...options }: LabBootOptions): Promise<Guest> {
    const index = ++this.#index;
    if (index > MAX_GUESTS) throw new RangeError(`a lab boots at most ${MAX_GUESTS} guests in its life`);
    const image = options.image ?? (await buildImage());
    const folder = join(this.#folder, `guest${index}`);
    await mkdir(folder);
    const network = await layGuestNetwork(shape, this.host, index);
    try {
      const guest = await bootGuest(network, folder, { ...options, image });
      this.#guests.set(index, guest);
      return guest;
    } catch (error) {
      await network.remove();
      throw error;
    }
  }

  /** Ends all guests and everything else in the lab's namespaces, and takes these away. */
  async [Symbol.asyncDispose](): Promise<void> {
    const guests = [...this.#guests.values()];
    await Promise.allSettled(guests.map((guest) => guest[Symbol.asyncDispose]()));
    await this.gate[Symbol.asyncDispose]();
    await this.host[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }
}
