import type { JWTVerifyGetKey } from "jose";
import type { Logger } from "pino";
import { AccessChanges } from "./access/access-changes.ts";
import type { Config } from "./config.ts";
import type { Accounts, GuestFinder } from "./find-destination.ts";
import { createFindDestination } from "./find-destination.ts";
import { createHostCallUpstream } from "./host-calls/create-host-call-upstream.ts";
import { logBugs, logExchange } from "./log-exchange.ts";
import { ExchangeMeter } from "./metrics/exchange-meter.ts";
import { ProcessMeter } from "./metrics/process-meter.ts";
import { PassVerifier } from "./pass-verifier.ts";
import type { Relay } from "./relay/relay.ts";
import { createRelay, DEFAULT_RELAY_LIMITS } from "./relay/relay.ts";
import { Revocations } from "./revocations.ts";
import { LocalRelay } from "./workers/local-relay.ts";
import type { RelaysStats } from "./workers/sum-stats.ts";

export interface RelayHalfOptions {
  readonly config: Config;
  readonly guests: GuestFinder;
  /** Finds the edge's key of a pass. */
  readonly findKey: JWTVerifyGetKey;
  /** Unix socket of the calls that the edge makes to the host itself. */
  readonly hostCallSocket: string;
  readonly accounts: Accounts;
  readonly log: Logger;
}

export interface RelayHalf {
  readonly relay: Relay;
  readonly local: LocalRelay;
}

/** What carries requests: the relay, with what decides where each goes. The host's half may be in another process. */
export function createRelayHalf(options: RelayHalfOptions): RelayHalf {
  const { config, guests, findKey, hostCallSocket, accounts, log } = options;
  const revocations = new Revocations();
  const accessChanges = new AccessChanges();
  const exchanges = new ExchangeMeter();
  const logReport = logExchange(log);
  const relay = createRelay({
    limits: { ...DEFAULT_RELAY_LIMITS, ...config.limits },
    findDestination: createFindDestination(
      new PassVerifier(config.hostId, findKey),
      guests,
      revocations,
      accessChanges,
      createHostCallUpstream(hostCallSocket),
      accounts,
    ),
    onExchange(report) {
      exchanges.count(report);
      logReport(report);
    },
    onBug: logBugs(log),
  });
  const process = new ProcessMeter();
  const stats = (): RelaysStats => ({
    ...relay.stats(),
    responses: exchanges.counts(),
    processes: process.read(),
  });
  const local = new LocalRelay({ relay: { ...relay, stats }, revocations, accessChanges, guests });
  return { relay, local };
}
