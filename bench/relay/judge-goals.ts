import type { JudgedGoal } from "../shared/format-goals.ts";
import type { ProxyName } from "./proxies/proxy-name.ts";
import type { Results } from "./results.ts";

interface Goal {
  readonly measure: string;
  readonly of: readonly [measure: string, metric: string];
  /** The connector's number is divided by this proxy's; without one it stands for itself. */
  readonly peer?: ProxyName;
  readonly bound: "≥" | "≤";
  readonly limit: number;
  readonly unit?: string;
}

const SMALL = ["small", "perCpuSecond"] as const;
const ECHO = ["echo", "perCpuSecond"] as const;

const GOALS: readonly Goal[] = [
  { measure: "small responses, requests/s per core", of: SMALL, peer: "go", bound: "≥", limit: 3 },
  { measure: "small responses, requests/s per core", of: SMALL, peer: "caddy", bound: "≥", limit: 3 },
  { measure: "small responses, requests/s per core", of: SMALL, peer: "nginx", bound: "≥", limit: 0.8 },
  { measure: "small responses, requests/s per core", of: SMALL, peer: "haproxy", bound: "≥", limit: 0.8 },
  { measure: "CPU µs per request", of: ["small", "cpuMicros"], peer: "nginx", bound: "≤", limit: 1.25 },
  {
    measure: "10 MiB downloads, bytes per CPU second",
    of: ["download", "mibPerCpuSecond"],
    peer: "nginx",
    bound: "≥",
    limit: 1,
  },
  {
    measure: "10 MiB uploads, bytes per CPU second",
    of: ["upload", "mibPerCpuSecond"],
    peer: "nginx",
    bound: "≥",
    limit: 1,
  },
  { measure: "WebSocket echo/s per core", of: ECHO, peer: "go", bound: "≥", limit: 1.3 },
  { measure: "WebSocket echo/s per core", of: ECHO, peer: "nginx", bound: "≥", limit: 0.8 },
  {
    measure: "resident memory per idle tunnel",
    of: ["idle", "kibPerTunnel"],
    bound: "≤",
    limit: 16,
    unit: "KiB",
  },
  {
    measure: "p99 added latency at half load",
    of: ["latency", "addedP99"],
    peer: "go",
    bound: "≤",
    limit: 1,
  },
];

/** The goals of the relay, of those measures that were run. */
export function judgeGoals(results: Results): JudgedGoal[] {
  return GOALS.flatMap((goal) => {
    const value = measuredValue(goal, results);
    if (value === undefined) return [];
    const { bound, limit } = goal;
    return [
      {
        measure: goal.peer === undefined ? goal.measure : `${goal.measure}, connector ÷ ${goal.peer}`,
        value: Math.round(value * 1000) / 1000,
        goal: `${bound} ${limit}${goal.unit === undefined ? "" : ` ${goal.unit}`}`,
        met: bound === "≥" ? value >= limit : value <= limit,
      },
    ];
  });
}

function measuredValue({ of: [measure, metric], peer }: Goal, results: Results): number | undefined {
  const own = results.median(measure, "connector", metric);
  if (own === undefined || peer === undefined) return own;
  const other = results.median(measure, peer, metric);
  return other === undefined ? undefined : own / other;
}
