import * as z from "zod";
import type { ListedGuest, Status } from "../../shared/protocol/control-api.ts";
import {
  GUESTS_PATH,
  guestListSchema,
  STATS_PATH,
  STATUS_PATH,
  statusSchema,
} from "../../shared/protocol/control-api.ts";
import type { Config } from "../config.ts";
import { callControl } from "../control/call-control.ts";
import { findRoute, RouteError } from "../guests/tap/find-route.ts";
import { findUnreadiness } from "../metrics/find-unreadiness.ts";
import { VERSION } from "../user-agent.ts";
import { checkDescriptors } from "./check-descriptors.ts";
import type { Finding } from "./finding.ts";
import { fault, ok, warning, wordsOf } from "./finding.ts";

const TIMEOUT_MS = 5_000;
/** Of a host's guests; each costs a call of `ip`. */
const MAX_ROUTES = 200;
const CHECK = "connector";

const statsSchema = z.object({ processes: z.record(z.string(), z.unknown()).default({}) });

/** The connector that runs here, by its own words, and the ways to its guests. */
export async function checkConnector({ controlSocket }: Config): Promise<Finding[]> {
  const call = (path: string): Promise<unknown> =>
    callControl(controlSocket, "GET", path, undefined, TIMEOUT_MS);
  try {
    const status = statusSchema.parse(await call(STATUS_PATH));
    const { processes } = statsSchema.parse(await call(STATS_PATH));
    const { guests } = guestListSchema.parse(await call(GUESTS_PATH));
    return [
      ...judgeStatus(status, Date.now()),
      await checkDescriptors(Object.keys(processes).map(Number)),
      ...(await checkGuests(guests)),
    ];
  } catch (error) {
    const advice =
      "systemctl status preview-connector; journalctl -u preview-connector; run this as its user or as root";
    return [fault(CHECK, wordsOf(error), advice)];
  }
}

export function judgeStatus(status: Status, nowMs: number): Finding[] {
  const reasons = findUnreadiness(status, nowMs).map((reason) =>
    fault(
      CHECK,
      reason,
      "see the checks of edge, DNS and clock; preview-connector list shows what the edge says",
    ),
  );
  const running = `version ${status.version} runs as ${status.hostId}`;
  const version =
    status.version === VERSION
      ? ok("version", running)
      : warning("version", `${running}, and ${VERSION} is installed`, "systemctl reload preview-connector");
  return reasons.length === 0 ? [ok(CHECK, "the edge hears it"), version] : [...reasons, version];
}

/** The kernel's way to each guest that names its tap, and what the edge says of it. */
export async function checkGuests(guests: readonly ListedGuest[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const guest of guests.slice(0, MAX_ROUTES)) {
    if (guest.edgeRefusal !== undefined)
      findings.push(
        fault("guest", `${guest.sandboxId}: the edge refuses it: ${guest.edgeRefusal}`, "detach it"),
      );
    try {
      await findRoute({ ...guest, publicPorts: [] });
    } catch (error) {
      if (!(error instanceof RouteError)) throw error;
      const advice = "start its machine's tap again, or preview-connector detach --sandbox; see ip route get";
      findings.push(fault("tap", `${guest.sandboxId}: ${error.message}`, advice));
    }
  }
  return findings.length > 0 ? findings : [ok("guests", `${guests.length} attached, none with a fault`)];
}
