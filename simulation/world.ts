import { createHash } from "node:crypto";
import { exportJWK, generateKeyPair } from "jose";
import { createPassKey } from "../dev/create-pass-key.ts";
import type { LinkMask } from "../shared/link/link-token.ts";
import { deriveLinkMaskKey } from "../shared/link/link-token.ts";
import { SIGNATURE_ALGORITHM } from "../shared/protocol/signature.ts";
import { ADMIN_TOKEN, PREVIEW_DOMAIN } from "./deployment.ts";
import { Fleet } from "./load/fleet.ts";
import type { HostKey } from "./load/former-state.ts";
import { FormerState } from "./load/former-state.ts";
import { CostLedger } from "./platform/cost-ledger.ts";
import type { EdgeModules } from "./platform/edge-modules.ts";
import { SimulatedKv } from "./platform/simulated-kv.ts";
import { SimulatedObjects } from "./platform/simulated-objects.ts";
import type { SimulatedTime } from "./platform/simulated-time.ts";
import { LogLines } from "./price/log-lines.ts";
import { PropagationCheck } from "./propagation-check.ts";
import { Random } from "./random/random.ts";
import { Zipf } from "./random/zipf.ts";
import type { Scenario } from "./scenario.ts";
import type { WorldCounts } from "./world-counts.ts";
import { createWorldCounts } from "./world-counts.ts";

const FIRST_START_AGO_MS = 3_600_000;

const LINK_SECRET = Buffer.alloc(32, 7);

/** All parts of a simulation. */
export interface World {
  readonly scenario: Scenario;
  readonly time: SimulatedTime;
  readonly modules: EdgeModules;
  readonly random: Random;
  readonly popularity: Zipf;
  readonly fleet: Fleet;
  readonly formerState: FormerState;
  readonly objects: SimulatedObjects;
  readonly kv: SimulatedKv;
  readonly propagationCheck: PropagationCheck;
  readonly environment: object;
  readonly hostKey: CryptoKey;
  readonly linkSecret: Uint8Array<ArrayBuffer>;
  readonly linkMask: LinkMask;
  /** What visitors, hosts and others have caused. */
  readonly ledger: CostLedger;
  readonly log: LogLines;
  counts: WorldCounts;
  /** API calls whose response was not a success, and bugs that the edge has logged. */
  readonly failures: string[];
  /** Counts a call of the API. */
  countApiCall(name: string): void;
  /** Receives the lines of the edge's log. */
  recordEvent(event: { readonly event?: string; readonly error?: unknown }): void;
  /** A host's connector, as the edge calls it. */
  visitHost(): Promise<Response>;
  restartCounts(): void;
}

export async function createWorld(
  modules: EdgeModules,
  scenario: Scenario,
  time: SimulatedTime,
): Promise<World> {
  const { privateKey, publicKey } = await generateKeyPair(SIGNATURE_ALGORITHM, { extractable: true });
  const { kty, crv, x } = (await exportJWK(publicKey)) as HostKey;
  const popularity = new Zipf(scenario.fleet.hosts * scenario.fleet.sandboxesPerHost, scenario.zipfExponent);
  const { perSecond, defaultLimits, linkedShare } = scenario;
  const fleet = new Fleet(scenario.fleet, time.nowMs - FIRST_START_AGO_MS, {
    popularity,
    perSecond,
    defaultLimits,
    linkedShare,
  });
  const formerState = new FormerState(fleet, { kty, crv, x });
  const propagationCheck = new PropagationCheck(time);
  const ledger = new CostLedger();
  const kv: SimulatedKv = new SimulatedKv(time, {
    find: (key) => formerState.findPolicy(key),
    location: () => objects.running.getStore()?.location ?? 0,
    isBilled: () => objects.running.getStore()?.billed ?? true,
    onRead: () => ledger.countKvRead(),
  });
  const objects = new SimulatedObjects({
    time,
    modules,
    ledger,
    callMs: scenario.callMs,
    idleMs: scenario.objectIdleS * 1000,
    locations: scenario.locations,
    seed: (record, object) => formerState.seed(record, object),
    onResult: (record, method, result) => {
      if (record.kind !== "SANDBOX") return;
      if (method !== "admit") return;
      propagationCheck.mark(record, refusalOf(result as object));
      if (fleet.isLeasable(fleet.indexOf(record.name))) world.counts.visits.leasable.calls += 1;
    },
  });
  modules.watch.limitApplied = (limit) => {
    const record = objects.running.getStore();
    if (record?.kind !== "SANDBOX") return;
    propagationCheck.apply(record, fleet.orgId(fleet.workspaceOf(fleet.indexOf(record.name))), limit);
  };
  const environment = {
    PREVIEW_DOMAIN,
    LINK_SECRET: LINK_SECRET.toString("base64url"),
    PASS_SIGNING_KEY: await createPassKey(),
    LOG_SAMPLE_RATE: String(scenario.logSampleRate),
    ADMIN_TOKEN_SHA256: createHash("sha256").update(ADMIN_TOKEN).digest("hex"),
    POLICY: kv,
    ...objects.namespaces,
  };
  objects.environment = environment;
  const world: World = {
    scenario,
    time,
    modules,
    random: new Random(scenario.seed),
    popularity,
    fleet,
    formerState,
    objects,
    kv,
    propagationCheck,
    environment,
    hostKey: privateKey,
    linkSecret: new Uint8Array(LINK_SECRET),
    linkMask: { slot: 0, key: await deriveLinkMaskKey(new Uint8Array(LINK_SECRET)) },
    ledger,
    log: new LogLines(modules, scenario.logSampleRate),
    counts: createWorldCounts(),
    failures: [],
    countApiCall(name) {
      const { apiCalls } = world.counts;
      apiCalls.set(name, (apiCalls.get(name) ?? 0) + 1);
      ledger.countTime(name);
    },
    recordEvent({ event, error }) {
      // Whether a request has a line is counted with the request.
      if (event !== "request") world.log.countOther();
      if (event === "bug") world.failures.push(`a bug: ${String(error)}`);
    },
    async visitHost() {
      world.counts.hostCalls += 1;
      await time.sleep(scenario.callMs);
      return new Response(null, { status: 204 });
    },
    restartCounts() {
      objects.restartCounts();
      kv.restartCounts();
      ledger.restart();
      world.log.restart();
      world.counts = createWorldCounts();
    },
  };
  return world;
}

/** The part of an object's result that `Admissions` returns, or copies. */
function refusalOf(result: object): object {
  return "refusal" in result ? (result.refusal as object) : result;
}
