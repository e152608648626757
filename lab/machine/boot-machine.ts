import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Accelerator } from "../find-accelerator.ts";
import { findAccelerator } from "../find-accelerator.ts";
import type { Image } from "../image/build-image.ts";
import type { MachineNetwork } from "../network/machine-network.ts";
import { CommandPort } from "./command-port.ts";
import type { MachineFile } from "./machine.ts";
import { Machine } from "./machine.ts";

export interface BootOptions {
  readonly image: Image;
  readonly memoryMb?: number;
  /** Default: one. */
  readonly processors?: number;
  /** Put into the machine before the agent starts; `/etc/pandastack/autostart.sh` is run at the end. */
  readonly files?: readonly MachineFile[];
  /** Environment of the agent, or `none` for a machine without one. */
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
 * Boots a microVM on its network, and waits until its agent listens.
 *
 * @param folder for the console's log and the control port's socket
 * @throws {Error} with the end of the console's log, if the machine does not come up
 */
export async function bootMachine(
  network: MachineNetwork,
  folder: string,
  options: BootOptions,
): Promise<Machine> {
  const startMs = performance.now();
  const report = (step: BootStep): void => options.onProgress?.(step, performance.now() - startMs);
  const files = { consoleLog: join(folder, "console.log"), controlSocket: join(folder, "control.sock") };
  const hardware = {
    accelerator: await findAccelerator(),
    memoryMb: options.memoryMb ?? (await memoryFor(options.image)),
  };
  const server = await CommandPort.listen(files.controlSocket);
  const qemu = network.namespace.spawn(
    "qemu-system-x86_64",
    qemuArguments(network, options, hardware, files),
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  report("machine");
  try {
    const deadline = bootDeadline(qemu);
    const commands = await CommandPort.accept(server, deadline);
    report("kernel");
    const machine = new Machine(qemu, commands, network, files.consoleLog);
    await Promise.race([provision(machine, options, report), aborted(deadline)]);
    return machine;
  } catch (error) {
    qemu.kill("SIGKILL");
    const log = await readFile(files.consoleLog, "utf8").catch(() => "");
    throw new Error(`the machine did not boot; its console ends with:\n${log.slice(-2000)}`, {
      cause: error,
    });
  } finally {
    server.close();
  }
}

async function provision(
  machine: Machine,
  options: BootOptions,
  report: (step: BootStep) => void,
): Promise<void> {
  const files = options.files ?? [];
  for (const file of files) await machine.put(file);
  if (options.agent !== "none") {
    await machine.start("agent", `${assignments(options.agent ?? {})} ${AGENT_COMMAND}`);
    await machine.waitForLog("agent", "agent listens");
    report("agent");
  }
  if (files.some(({ path }) => path === AUTOSTART)) {
    await machine.start("autostart", AUTOSTART);
    report("autostart");
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

function bootDeadline(qemu: ChildProcess): AbortSignal {
  const ended = new AbortController();
  once(qemu, "exit").then(
    () => ended.abort(new Error("the machine ended while it booted")),
    (error) => ended.abort(error),
  );
  return AbortSignal.any([ended.signal, AbortSignal.timeout(BOOT_TIMEOUT_MS)]);
}

interface Hardware {
  readonly accelerator: Accelerator;
  readonly memoryMb: number;
}

interface MachineFiles {
  readonly consoleLog: string;
  readonly controlSocket: string;
}

function qemuArguments(
  network: MachineNetwork,
  { image, processors = 1 }: BootOptions,
  { accelerator, memoryMb }: Hardware,
  { consoleLog, controlSocket }: MachineFiles,
): string[] {
  const parameters = [
    "console=ttyS0",
    "quiet",
    // With -no-reboot, a panic ends QEMU.
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
