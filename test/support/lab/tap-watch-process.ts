/**
 * Watches taps as a connector does, in a process that a test starts in its lab's host namespace.
 *
 * The test sends it guests (`TapWatchOrder`); it sends what it notices (`TapWatchReport`).
 */
import { readFileSync } from "node:fs";
import { Guest } from "../../../connector/guests/guest.ts";
import { TapWatch } from "../../../connector/guests/tap/tap-watch.ts";
import { createGeneration } from "../../../shared/generation.ts";
import { guestOfferSchema } from "../../../shared/protocol/control-api.ts";

export type TapWatchOrder =
  | {
      readonly verb: "watch";
      readonly taps: readonly { readonly tap: string; readonly namespace?: string }[];
    }
  | { readonly verb: "measure" };

export type TapWatchReport =
  | { readonly kind: "gone"; readonly tap: string; readonly namespace?: string }
  /** Of this process and its child processes, ended ones included. */
  | { readonly kind: "cpu"; readonly ms: number };

const TICK_MS = 10;
let guests: Guest[] = [];

const watch = new TapWatch({
  list: () => guests,
  onGone(guest) {
    guests = guests.filter((one) => one !== guest);
    const { tap = "", namespace } = guest.record;
    send({ kind: "gone", tap, ...(namespace !== undefined && { namespace }) });
  },
});

process.on("message", (order: TapWatchOrder) => {
  if (order.verb === "measure") return send({ kind: "cpu", ms: cpuMs() });
  guests = order.taps.map(createGuest);
  watch.start();
});
process.once("disconnect", () => process.exit(0));

function createGuest(place: { tap: string; namespace?: string }): Guest {
  const offer = { sandboxId: crypto.randomUUID(), workspace: "ws", address: "10.0.0.2", ...place };
  const record = { ...guestOfferSchema.parse(offer), generation: createGeneration(Date.now()) };
  return new Guest(record, { onPortsChange() {} });
}

function cpuMs(): number {
  const running = readFileSync(`/proc/self/task/${process.pid}/children`, "latin1").trim().split(" ");
  const ticks = running.filter((pid) => pid !== "").map((pid) => ticksOf(pid, 2));
  return ticks.reduce((sum, one) => sum + one, ticksOf("self", 4)) * TICK_MS;
}

/** User and system time of a process itself, and with 4 fields of its ended children too (proc_pid_stat(5)). */
function ticksOf(pid: string, fields: 2 | 4): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!.split(" ");
  return stat.slice(11, 11 + fields).reduce((sum, field) => sum + Number(field), 0);
}

function send(report: TapWatchReport): void {
  process.send?.(report);
}
