import type { HostApiVerb } from "../shared/protocol/host-api.ts";
import type { FleetSize } from "./load/fleet.ts";

/** The assumptions of a simulation; everything else is the edge's own code. */
export interface Scenario {
  readonly title: string;
  readonly fleet: FleetSize;
  /** Visitors' requests to all previews, on average. */
  readonly perSecond: number;
  /** Popularity of the sandbox of rank r is r to the power of minus this. */
  readonly zipfExponent: number;
  /** A visit is a page and its own requests, through one isolate. */
  readonly requestsPerVisit: number;
  /** Share of visits by signed link. */
  readonly linkShare: number;
  /** Share of the sandboxes for which their owner mints a link when they start. */
  readonly linkedShare: number;
  /** Of the Worker, for its price; `bench:edge` measures it. */
  readonly cpuMsPerRequest: number;
  /** Of the Worker for a call of the API, for its price. */
  readonly apiCpuMs: Readonly<Record<HostApiVerb | "others", number>>;
  /** `LOG_SAMPLE_RATE` of `wrangler.toml`. */
  readonly logSampleRate: number;
  readonly isolates: number;
  /** Isolates through which the visitors of one sandbox come. */
  readonly isolatesPerSandbox: number;
  /** Isolates are replaced after about this long. */
  readonly isolateLifeS: number;
  /** From an isolate to an object and back. */
  readonly callMs: number;
  /** An object without calls for this long loses its memory. */
  readonly objectIdleS: number;
  /** Locations with a KV cache of their own. */
  readonly locations: number;
  /** All orgs keep the default limit. */
  readonly defaultLimits: boolean;
  /** Hosts report guests that start and end, ports and heartbeats; admins change limits, owners revoke links. */
  readonly churn: boolean;
  readonly heartbeatS: number;
  /** How long a sandbox lives on average. */
  readonly sandboxLifeS: number;
  /** Reports of changed ports, from all sandboxes. */
  readonly portChangesPerSecond: number;
  readonly revocations: number;
  readonly limitChanges: number;
  /** Hosts that send one heartbeat and then no more. */
  readonly silentHosts: number;
  /** Nothing is counted before. */
  readonly warmUpS: number;
  readonly seconds: number;
  readonly seed: number;
}

export const BASE: Scenario = {
  title: "base",
  fleet: { hosts: 1_000, sandboxesPerHost: 1_000, sandboxesPerWorkspace: 100 },
  perSecond: 10_000,
  zipfExponent: 1,
  requestsPerVisit: 5,
  linkShare: 0.3,
  linkedShare: 0.3,
  cpuMsPerRequest: 0.25,
  // Of workerd on one core, the work of the objects included, which has no price of its own.
  apiCpuMs: { heartbeat: 8, attach: 5, detach: 3, ports: 2, others: 3 },
  logSampleRate: 0.01,
  isolates: 200,
  isolatesPerSandbox: 8,
  isolateLifeS: 300,
  callMs: 30,
  objectIdleS: 10,
  locations: 10,
  defaultLimits: false,
  churn: true,
  heartbeatS: 15,
  sandboxLifeS: 3_600,
  portChangesPerSecond: 50,
  revocations: 20,
  limitChanges: 20,
  silentHosts: 3,
  warmUpS: 15,
  seconds: 60,
  seed: 1,
};

const QUIET = { churn: false, warmUpS: 5, seconds: 10 } as const;

/** The base, and variants of its least certain assumptions; these without hosts' calls, which do not depend on them. */
export function createScenarios(base: Scenario): Scenario[] {
  const quiet = { ...base, ...QUIET, seconds: Math.min(base.seconds, QUIET.seconds) };
  return [
    base,
    { ...quiet, title: "no hosts' calls" },
    { ...quiet, title: "visitors of one sandbox through one isolate", isolatesPerSandbox: 1 },
    { ...quiet, title: "through all isolates", isolatesPerSandbox: base.isolates },
    { ...quiet, title: "default limit for all", defaultLimits: true },
  ];
}
