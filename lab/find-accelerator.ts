import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Accelerator = "kvm" | "tcg";

/** Emulated, the probe takes 0.1 s; under a KVM that works less. */
const PROBE_TIMEOUT_MS = 2_000;
/** A nested KVM that stalls gets through a single probe now and then. */
const PROBES = 3;

const FLOPPY_BYTES = 1_474_560;
const SECTOR_BYTES = 512;
/** `mov al, 0x10; out 0xf4, al; hlt`: writes to QEMU's device `isa-debug-exit`, which exits with 2 × value + 1. */
const PROGRAM = [0xb0, 0x10, 0xe6, 0xf4, 0xf4];
const BOOT_SIGNATURE = [0x55, 0xaa];
const PROGRAM_EXIT_CODE = 0x10 * 2 + 1;

let found: Promise<Accelerator> | undefined;

/**
 * Finds out whether KVM works, by booting a floppy with it; `LAB_ACCELERATOR` overrides the result.
 *
 * Neither does `/dev/kvm` say so, nor a machine that can be made: a nested KVM may abort when QEMU sets up the first
 * processor, or stall in the firmware for ever.
 */
export function findAccelerator(): Promise<Accelerator> {
  found ??= probe();
  return found;
}

async function probe(): Promise<Accelerator> {
  const wanted = process.env.LAB_ACCELERATOR;
  if (wanted === "kvm" || wanted === "tcg") return wanted;
  if (wanted !== undefined) throw new RangeError(`LAB_ACCELERATOR must be kvm or tcg, was "${wanted}"`);
  const folder = await mkdtemp(join(tmpdir(), "lab-accelerator-"));
  try {
    const floppy = join(folder, "floppy.img");
    await writeFile(floppy, createFloppy());
    for (let probes = 0; probes < PROBES; probes++) if (!(await bootsUnderKvm(floppy))) return "tcg";
    return "kvm";
  } finally {
    await rm(folder, { recursive: true });
  }
}

function createFloppy(): Buffer {
  const floppy = Buffer.alloc(FLOPPY_BYTES);
  floppy.set(PROGRAM);
  floppy.set(BOOT_SIGNATURE, SECTOR_BYTES - BOOT_SIGNATURE.length);
  return floppy;
}

async function bootsUnderKvm(floppy: string): Promise<boolean> {
  const machine = [
    ...["-nodefaults", "-no-user-config", "-display", "none"],
    ...["-accel", "kvm", "-cpu", "max"],
    ...["-drive", `file=${floppy},format=raw,if=floppy,readonly=on`, "-boot", "a"],
    ...["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"],
  ];
  const qemu = spawn("qemu-system-x86_64", machine, {
    stdio: "ignore",
    timeout: PROBE_TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  const [code] = await once(qemu, "exit");
  return code === PROGRAM_EXIT_CODE;
}
