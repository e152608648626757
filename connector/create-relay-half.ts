import type { JWTVerifyGetKey } from "jose";
import type { Logger } from "pino";
import { AccessChanges } from "./access/access-changes.ts";
import type { Config } from "./config.ts";
import type { GuestFinder } from "./find-destination.ts";
import { createFindDestination } from "./find-destination.ts";
import { createHostCallUpstream } from "./host-calls/create-host-call-upstream.ts";
import { logExchange } from "./log-exchange.ts";
import { PassVerifier } from "./pass-verifier.ts";
import type { Relay } from "./relay/relay.ts";
import { createRelay, DEFAULT_RELAY_LIMITS } from "./relay/relay.ts";
import { Revocations } from "./revocations.ts";
import { LocalRelay } from "./workers/local-relay.ts";

export interface RelayHalfOptions {
  readonly config: Config;
  readonly guests: GuestFinder;
  /** Finds the edge's key of a pass. */
  readonly findKey: JWTVerifyGetKey;
  /** Unix socket of the calls that the edge makes to the host itself. */
  readonly hostCallSocket: string;
  readonly log: Logger;
}

export interface RelayHalf {
  readonly relay: Relay;
  readonly local: LocalRelay;
}

/** What carries requests: the relay, with what decides where each goes. The host's half may be in another process. */
export function createRelayHalf(options: RelayHalfOptions): RelayHalf {
  const { config, guests, findKey, hostCallSocket, log } = options;
  const revocations = new Revocations();
  const accessChanges = new AccessChanges();
  const relay = createRelay({
    limits: { ...DEFAULT_RELAY_LIMITS, ...config.limits },
    findDestination: createFindDestination(
      new PassVerifier(config.hostId, findKey),
      guests,
      revocations,
      accessChanges,
      createHostCallUpstream(hostCallSocket),
    ),
    onExchange: logExchange(log),
    onBug: (error, requestId) => log.error({ err: error, request: requestId }, "bug"),
  });
  return { relay, local: new LocalRelay({ relay, revocations, accessChanges, guests }) };
}
