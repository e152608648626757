import { createHash } from "node:crypto";
import { exportJWK, generateKeyPair } from "jose";
import { createPassKey } from "../dev/create-pass-key.ts";
import type { LinkMask } from "../shared/link/link-token.ts";
import { deriveLinkMaskKey } from "../shared/link/link-token.ts";
import { SIGNATURE_ALGORITHM } from "../shared/protocol/signature.ts";
import { ADMIN_TOKEN, PREVIEW_DOMAIN } from "./deployment.ts";
import type { HostKey } from "./load/fleet.ts";
import { Fleet } from "./load/fleet.ts";
import type { EdgeModules } from "./platform/edge-modules.ts";
import { SimulatedKv } from "./platform/simulated-kv.ts";
import { SimulatedObjects } from "./platform/simulated-objects.ts";
import type { SimulatedTime } from "./platform/simulated-time.ts";
import { PropagationCheck } from "./propagation-check.ts";
import { Random } from "./random/random.ts";
import { Zipf } from "./random/zipf.ts";
import type { Scenario } from "./scenario.ts";

const LINK_SECRET = Buffer.alloc(32, 7);

export interface VisitCounts {
  requests: number;
  admitted: number;
  refused: Map<string, number>;
  /** To sandboxes whose limit lets isolates lease. */
  leasable: { requests: number; calls: number };
}

/** All parts of a simulation. */
export interface World {
  readonly scenario: Scenario;
  readonly time: SimulatedTime;
  readonly modules: EdgeModules;
  readonly random: Random;
  readonly popularity: Zipf;
  readonly fleet: Fleet;
  readonly objects: SimulatedObjects;
  readonly kv: SimulatedKv;
  readonly propagationCheck: PropagationCheck;
  readonly environment: object;
  readonly hostKey: CryptoKey;
  readonly linkSecret: Uint8Array<ArrayBuffer>;
  readonly linkMask: LinkMask;
  visits: VisitCounts;
  /** Calls of the edge to hosts, other than previews. */
  hostCalls: number;
  /** API calls whose response was not a success, and bugs that the edge has logged. */
  readonly failures: string[];
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
  const { perSecond, defaultLimits } = scenario;
  const fleet = new Fleet(
    scenario.fleet,
    time.nowMs,
    { kty, crv, x },
    { popularity, perSecond, defaultLimits },
  );
  const propagationCheck = new PropagationCheck(time);
  const kv: SimulatedKv = new SimulatedKv(time, {
    find: (key) => fleet.findPolicy(key),
    location: () => objects.running.getStore()?.location ?? 0,
  });
  const objects = new SimulatedObjects({
    time,
    modules,
    callMs: scenario.callMs,
    idleMs: scenario.objectIdleS * 1000,
    locations: scenario.locations,
    seed: (record, object) => fleet.seed(record, object),
    onResult: (record, method, result) => {
      if (record.kind !== "SANDBOX") return;
      if (method !== "admit") return;
      propagationCheck.mark(record, refusalOf(result as object));
      if (fleet.isLeasable(fleet.indexOf(record.name))) world.visits.leasable.calls += 1;
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
    objects,
    kv,
    propagationCheck,
    environment,
    hostKey: privateKey,
    linkSecret: new Uint8Array(LINK_SECRET),
    linkMask: { slot: 0, key: await deriveLinkMaskKey(new Uint8Array(LINK_SECRET)) },
    visits: createVisitCounts(),
    hostCalls: 0,
    failures: [],
    recordEvent({ event, error }) {
      if (event === "bug") world.failures.push(`a bug: ${String(error)}`);
    },
    async visitHost() {
      world.hostCalls += 1;
      await time.sleep(scenario.callMs);
      return new Response(null, { status: 204 });
    },
    restartCounts() {
      objects.restartCounts();
      kv.restartCounts();
      world.visits = createVisitCounts();
      world.hostCalls = 0;
    },
  };
  return world;
}

function createVisitCounts(): VisitCounts {
  return { requests: 0, admitted: 0, refused: new Map(), leasable: { requests: 0, calls: 0 } };
}

/** The part of an object's result that `Admissions` returns, or copies. */
function refusalOf(result: object): object {
  return "refusal" in result ? (result.refusal as object) : result;
}
