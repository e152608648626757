import type { JudgedGoal } from "../shared/format-goals.ts";
import type { HostFigures } from "./measure-host.ts";

const KIB = 1024;

/** The goals for 2 000 sandboxes on one host. @param kind of sandboxes, in words */
export function judgeGoals(kind: string, figures: HostFigures): JudgedGoal[] {
  return [
    judge(`${kind}: all attached, s`, figures.attachSeconds, 2),
    judge(`${kind}: all announced after a restart, s`, figures.restartSeconds, 2),
    judge(`${kind}: resident memory each, KiB`, figures.bytesEach / KIB, 30),
    judge(`${kind}: CPU while idle, % of a core`, figures.idleShare * 100, 2),
    judge(`${kind}: heartbeat while nothing changes, KiB`, figures.heartbeatBytes / KIB, 1),
    judge(`${kind}: connector list, s`, figures.listSeconds, 0.2),
  ];
}

function judge(measure: string, value: number, limit: number): JudgedGoal {
  return { measure, value: Math.round(value * 1000) / 1000, goal: `≤ ${limit}`, met: value <= limit };
}
