import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Image } from "./build-image.ts";
import { CommandPort, listenForMachine } from "./command-port.ts";
import type { Accelerator } from "./find-accelerator.ts";
import { findAccelerator } from "./find-accelerator.ts";
import type { GuestFile } from "./machine.ts";
import { Guest } from "./machine.ts";
import type { GuestNetwork } from "./machine-network.ts";

export interface BootOptions {
  readonly image: Image;
  readonly memoryMb?: number;
  /** Default: one. */
  readonly processors?: number;
  /** Put into the guest before anything of ours runs there; `/etc/pandastack/autostart.sh` is run at the end. */
  readonly files?: readonly GuestFile[];
  /** Environment of the agent, or `none` for a guest without one. */
  readonly agent?: Readonly<Record<string, string>> | "none";
  readonly onProgress?: (step: BootStep, sinceStartMs: number) => void;
}

export type BootStep = "machine" | "kernel" | "agent" | "autostart";

const MEGABYTE = 2 ** 20;
const MEMORY_FOR_PROGRAMS_MB = 256;

/** Emulated, on a machine with other work, a boot takes half a minute. */
const BOOT_TIMEOUT_MS = 120_000;
const AUTOSTART = "/etc/pandastack/autostart.sh";
const AGENT_COMMAND =
  "node --max-old-space-size=32 --max-semi-space-size=1 --v8-pool-size=0 /usr/local/lib/pandastack/agent.cjs";

/**
 * Boots a microVM on a network laid for it, and waits until its agent listens.
 *
 * @param folder for the console's log and the control port's socket
 * @throws {Error} with the end of the console's log, if the machine does not come up
 */
export async function bootGuest(network: GuestNetwork, folder: string, options: BootOptions): Promise<Guest> {
  const startMs = performance.now();
  const tell = (step: BootStep): void => options.onProgress?.(step, performance.now() - startMs);
  const consoleLog = join(folder, "console.log");
  const controlSocket = join(folder, "control.sock");
  const accelerator = await findAccelerator();
  const memoryMb = options.memoryMb ?? (await memoryFor(options.image));
  const server = await listenForMachine(controlSocket);
  const machine = network.namespace.spawn(
    "qemu-system-x86_64",
    machineArguments(network, options, memoryMb, consoleLog, controlSocket, accelerator),
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  tell("machine");
  try {
    const deadline = bootDeadline(machine);
    const commands = await CommandPort.accept(server, deadline);
    tell("kernel");
    const guest = new Guest(machine, commands, network, consoleLog);
    await Promise.race([provision(guest, options, tell), aborted(deadline)]);
    return guest;
  } catch (error) {
    machine.kill("SIGKILL");
    const log = await readFile(consoleLog, "utf8").catch(() => "");
    throw new Error(`the guest did not boot; its console ends with:\n${log.slice(-2000)}`, { cause: error });
  } finally {
    server.close();
  }
}

async function provision(guest: Guest, options: BootOptions, tell: (step: BootStep) => void): Promise<void> {
  const files = options.files ?? [];
  for (const file of files) await guest.put(file);
  if (options.agent !== "none") {
    await guest.start("agent", `${assignments(options.agent ?? {})} ${AGENT_COMMAND}`);
    await guest.waitForLog("agent", "agent listens");
    tell("agent");
  }
  if (files.some(({ path }) => path === AUTOSTART)) {
    await guest.start("autostart", AUTOSTART);
    tell("autostart");
  }
}

function assignments(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}='${value}'`)
    .join(" ");
}

/** The root file system may fill half of what the unpacked archive leaves (Linux, tmpfs): three times its size. */
async function memoryFor({ initramfs }: Image): Promise<number> {
  const { size } = await stat(initramfs);
  return Math.ceil((3 * size) / MEGABYTE) + MEMORY_FOR_PROGRAMS_MB;
}

async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, "abort");
  throw signal.reason;
}

function bootDeadline(machine: ChildProcess): AbortSignal {
  const ended = new AbortController();
  once(machine, "exit").then(
    () => ended.abort(new Error("the machine ended while it booted")),
    (error) => ended.abort(error),
  );
  return AbortSignal.any([ended.signal, AbortSignal.timeout(BOOT_TIMEOUT_MS)]);
}

function machineArguments(
  network: GuestNetwork,
  { image, processors = 1 }: BootOptions,
  memoryMb: number,
  consoleLog: string,
  controlSocket: string,
  accelerator: Accelerator,
): string[] {
  const parameters = [
    "console=ttyS0",
    "quiet",
    // A panic ends the machine, as -no-reboot takes it.
    "panic=-1",
    `lab_address=${network.innerAddress}`,
    `lab_gateway=${network.gateway}`,
  ];
  return [
    ...["-nodefaults", "-no-user-config", "-no-reboot"],
    ...["-display", "none"],
    ...["-accel", accelerator],
    ...["-cpu", "max"],
    ...["-m", String(memoryMb), "-smp", String(processors)],
    ...["-kernel", image.kernel, "-initrd", image.initramfs, "-append", parameters.join(" ")],
    ...["-serial", `file:${consoleLog}`],
    ...["-netdev", `tap,id=net,ifname=${network.tap},script=no,downscript=no`],
    ...["-device", `virtio-net-pci,netdev=net,romfile=,mac=${network.macAddress}`],
    ...["-device", "virtio-serial-pci"],
    ...["-chardev", `socket,id=control,path=${controlSocket}`],
    ...["-device", "virtserialport,chardev=control"],
  ];
}
