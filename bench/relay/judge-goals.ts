import type { JudgedGoal } from "../shared/format-goals.ts";
import { fairnessKeys } from "./measures/create-fairness-measure.ts";
import type { ProxyName } from "./proxies/proxy-name.ts";
import type { Results } from "./results.ts";

interface Goal {
  readonly measure: string;
  /** Of several metrics the one that is worst for the connector. */
  readonly of: readonly [measure: string, ...metrics: string[]];
  /** The connector's number is divided by this proxy's; without one it stands for itself. */
  readonly peer?: ProxyName;
  readonly bound: "≥" | "≤";
  readonly limit: number;
  readonly unit?: string;
}

const SMALL = ["small", "perCpuSecond"] as const;
const ECHO = ["echo", "perCpuSecond"] as const;
const TLS_ECHO = ["tlsEcho", "perCpuSecond"] as const;

const SMALL_GOALS: readonly Goal[] = [
  { measure: "small responses, requests/s per core", of: SMALL, peer: "go", bound: "≥", limit: 3 },
  { measure: "small responses, requests/s per core", of: SMALL, peer: "caddy", bound: "≥", limit: 3 },
  { measure: "small responses, requests/s per core", of: SMALL, peer: "nginx", bound: "≥", limit: 0.87 },
  { measure: "small responses, requests/s per core", of: SMALL, peer: "haproxy", bound: "≥", limit: 0.8 },
  {
    measure: "small responses over TLS, requests/s per core",
    of: ["tls", "perCpuSecond"],
    peer: "nginx",
    bound: "≥",
    limit: 0.8,
  },
  {
    measure: "a new connection per request, CPU",
    of: ["connect", "cpuMicros"],
    peer: "nginx",
    bound: "≤",
    limit: 1.6,
  },
];

const TRANSFER_GOALS: readonly Goal[] = (
  [
    ["download", "10 MiB downloads", "nginx", 1.4],
    ["upload", "10 MiB uploads", "nginx", 3],
    ["tlsDownload", "10 MiB downloads over TLS", "nginx", 1.2],
    ["tlsDownload", "10 MiB downloads over TLS", "haproxy", 1],
  ] as const
).map(([name, title, peer, limit]) => ({
  measure: `${title}, bytes per CPU second`,
  of: [name, "mibPerCpuSecond"],
  peer,
  bound: "≥",
  limit,
}));

const TUNNEL_GOALS: readonly Goal[] = [
  { measure: "WebSocket echo/s per core", of: ECHO, peer: "go", bound: "≥", limit: 1 },
  { measure: "WebSocket echo/s per core", of: ECHO, peer: "nginx", bound: "≥", limit: 0.85 },
  { measure: "WebSocket echo/s per core over TLS", of: TLS_ECHO, peer: "go", bound: "≥", limit: 1 },
  { measure: "WebSocket echo/s per core over TLS", of: TLS_ECHO, peer: "nginx", bound: "≥", limit: 0.85 },
  {
    measure: "resident memory per idle tunnel",
    of: ["idle", "kibPerTunnel"],
    bound: "≤",
    limit: 8,
    unit: "KiB",
  },
  {
    measure: "resident memory per idle tunnel over TLS",
    of: ["tlsIdle", "kibPerTunnel"],
    peer: "nginx",
    bound: "≤",
    limit: 1,
  },
];

const LATENCY_GOALS: readonly Goal[] = (["go", "caddy"] as const).map((peer) => ({
  measure: "p99 added latency at half load",
  of: ["latency", "addedP99"],
  peer,
  bound: "≤",
  limit: 1,
}));

const FAIRNESS_GOALS: readonly Goal[] = (
  [
    ["besideDownloads", "downloads"],
    ["besideUploads", "uploads"],
    ["tlsBesideDownloads", "downloads, TLS"],
    ["tlsBesideUploads", "uploads, TLS"],
  ] as const
).flatMap(([name, what]) =>
  (
    [
      ["P50", 1],
      ["P99", 3],
    ] as const
  ).map(
    ([percentile, limit]): Goal => ({
      measure: `small responses beside ${what}: worst ${percentile.toLowerCase()}`,
      of: [name, ...fairnessKeys(percentile)],
      peer: "haproxy",
      bound: "≤",
      limit,
    }),
  ),
);

const GOALS: readonly Goal[] = [
  ...FAIRNESS_GOALS,
  ...TRANSFER_GOALS,
  ...SMALL_GOALS,
  ...TUNNEL_GOALS,
  ...LATENCY_GOALS,
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

function measuredValue(
  { of: [measure, ...metrics], peer, bound }: Goal,
  results: Results,
): number | undefined {
  const values = metrics.flatMap((metric) => {
    const own = results.median(measure, "connector", metric);
    const other = peer === undefined ? 1 : results.median(measure, peer, metric);
    return own === undefined || other === undefined ? [] : [own / other];
  });
  if (values.length === 0) return undefined;
  return bound === "≤" ? Math.max(...values) : Math.min(...values);
}
