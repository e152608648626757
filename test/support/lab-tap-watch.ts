/**
 * Watches taps as a connector does, in a process that a test starts in its lab's host namespace.
 *
 * It is sent the guests, as `TapWatchOrder`, and sends what it notices, as `TapWatchNews`.
 */
import { readFileSync } from "node:fs";
import { Guest } from "../../connector/guests/guest.ts";
import { TapWatch } from "../../connector/guests/tap/tap-watch.ts";
import { createGeneration } from "../../shared/generation.ts";
import { guestOfferSchema } from "../../shared/protocol/control-api.ts";

export type TapWatchOrder =
  | {
      readonly verb: "watch";
      readonly taps: readonly { readonly tap: string; readonly namespace?: string }[];
    }
  | { readonly verb: "measure" };

export type TapWatchNews =
  | { readonly news: "gone"; readonly tap: string; readonly namespace?: string }
  /** Of this process, of what it has started and seen end, and of what still runs. */
  | { readonly news: "cpu"; readonly ms: number };

const TICK_MS = 10;
let guests: Guest[] = [];

const watch = new TapWatch({
  list: () => guests,
  onGone(guest) {
    guests = guests.filter((one) => one !== guest);
    const { tap = "", namespace } = guest.record;
    send({ news: "gone", tap, ...(namespace !== undefined && { namespace }) });
  },
});

process.on("message", (order: TapWatchOrder) => {
  if (order.verb === "measure") return send({ news: "cpu", ms: cpuMs() });
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

function send(news: TapWatchNews): void {
  process.send?.(news);
}
