import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Image } from "./image/build-image.ts";
import { buildImage } from "./image/build-image.ts";
import type { BootOptions } from "./machine/boot-machine.ts";
import { bootMachine } from "./machine/boot-machine.ts";
import type { Machine } from "./machine/machine.ts";
import { Gate } from "./network/gate.ts";
import type { NetworkShape } from "./network/machine-network.ts";
import { createMachineNetwork, MAX_MACHINES } from "./network/machine-network.ts";
import { Namespace } from "./network/namespace.ts";

export interface LabBootOptions extends Omit<BootOptions, "image"> {
  readonly shape: NetworkShape;
  /** Default: the image of `buildImage()` without additions. */
  readonly image?: Image;
}

/**
 * A host with microVMs on this computer. Every tap and veth is inside network namespaces that the lab creates and
 * removes, so this computer's own network does not change.
 *
 * @example
 * ```ts
 * await using lab = await Lab.create();
 * const machine = await lab.boot({ shape: "tap" });
 * await machine.start("httpd", "httpd -f -p 3000 -h /srv");
 * const socket = await lab.gate.connect(machine.address, 3000);
 * ```
 */
export class Lab {
  /** The host's namespace: taps, veths and the connector are here. */
  readonly host: Namespace;
  /** Sockets of the host's namespace for this process. */
  readonly gate: Gate;
  readonly #folder: string;
  readonly #machines = new Map<number, Machine>();
  #index = 0;

  private constructor(host: Namespace, gate: Gate, folder: string) {
    this.host = host;
    this.gate = gate;
    this.#folder = folder;
  }

  /** Creates the host's namespace, after removing those of labs that died. */
  static async create(): Promise<Lab> {
    await Namespace.removeDead();
    const host = await Namespace.create("host");
    const folder = await mkdtemp(join(tmpdir(), "lab-"));
    return new Lab(host, await Gate.open(host), folder);
  }

  /** Boots a machine; several may boot at once. */
  async boot({ shape, ...options }: LabBootOptions): Promise<Machine> {
    const index = ++this.#index;
    if (index > MAX_MACHINES)
      throw new RangeError(`a lab boots at most ${MAX_MACHINES} machines in its lifetime`);
    const image = options.image ?? (await buildImage());
    const folder = join(this.#folder, `machine${index}`);
    await mkdir(folder);
    const network = await createMachineNetwork(shape, this.host, index);
    try {
      const machine = await bootMachine(network, folder, { ...options, image });
      this.#machines.set(index, machine);
      return machine;
    } catch (error) {
      await network.remove();
      throw error;
    }
  }

  /** Ends all machines and everything else in the lab's namespaces, and removes these. */
  async [Symbol.asyncDispose](): Promise<void> {
    const machines = [...this.#machines.values()];
    await Promise.allSettled(machines.map((machine) => machine[Symbol.asyncDispose]()));
    await this.gate[Symbol.asyncDispose]();
    await this.host[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }
}
