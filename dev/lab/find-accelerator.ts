import { spawn } from "node:child_process";
import { once } from "node:events";

export type Accelerator = "kvm" | "tcg";

let found: Promise<Accelerator> | undefined;

/**
 * Finds out whether KVM works, by making a machine with it; `LAB_ACCELERATOR` overrides the answer.
 *
 * That `/dev/kvm` opens says little: nested, QEMU often aborts when it sets the first processor up.
 */
export function findAccelerator(): Promise<Accelerator> {
  found ??= probe();
  return found;
}

async function probe(): Promise<Accelerator> {
  const wanted = process.env.LAB_ACCELERATOR;
  if (wanted === "kvm" || wanted === "tcg") return wanted;
  if (wanted !== undefined) throw new RangeError(`LAB_ACCELERATOR must be kvm or tcg, was "${wanted}"`);
  const machine = [
    "-nodefaults",
    "-display",
    "none",
    "-accel",
    "kvm",
    "-cpu",
    "max",
    "-S",
    "-monitor",
    "stdio",
  ];
  const qemu = spawn("qemu-system-x86_64", machine, { stdio: ["pipe", "ignore", "ignore"] });
  qemu.stdin.on("error", () => {
    // It aborted before it read its one command.
  });
  qemu.stdin.end("quit\n");
  const [code] = await once(qemu, "exit");
  return code === 0 ? "kvm" : "tcg";
}
