import { errors } from "jose";
import type { HostCaller } from "../../../shared/protocol/host-token.ts";
import { readHostTokenIssuer, verifyHostToken } from "../../../shared/protocol/host-token.ts";
import { CLOCK_TOLERANCE_S } from "../../../shared/protocol/signature.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../shared/refusal/refusal.ts";
import type { CallingHost } from "../../hosts/calling-host.ts";
import { checkInstance } from "../../objects/host/check-instance.ts";
import type { HostRecord, KnownHost } from "../../objects/messages.ts";
import type { ApiContext } from "../api-environment.ts";
import { readBearer } from "./read-bearer.ts";

/** The result of checking a host token with one key. `forged`: it was not signed with that key. */
type Verdict = HostCaller | "forged" | Refusal;

const INVALID = "The host's token is not valid.";

/**
 * Finds the host that signed a call with its own key.
 *
 * Anyone may claim to be a host. So the host's object is asked only if the token names the host, fits the key if that
 * was read within the last second, and comes from a client address that is not paused for too many forged tokens or
 * unknown hosts. It is refused where another connector of the host is in use. A client with the remembered key of a host is admitted from a paused address, too: guests of a host
 * share its address.
 */
export async function authenticateHost(context: ApiContext, hostId: string): Promise<CallingHost | Refusal> {
  const { edge } = context.env;
  const nowMs = Date.now();
  const clientIp = context.req.header("cf-connecting-ip") ?? "";
  const token = readBearer(context);
  if (token === undefined || readHostTokenIssuer(token) !== hostId) {
    return refuse("unauthorized", { detail: "The call needs a JWT that the host in its path signed." });
  }
  const known = edge.hostKeys.recall(hostId, nowMs);
  const expected = known && (await verify(token, hostId, known.publicKey, nowMs));
  if (expected !== undefined && isRefusal(expected)) return expected;
  if (expected === "forged" && known?.isFresh) return refuse("unauthorized", { detail: INVALID });
  const isExpected = expected !== undefined && expected !== "forged";
  const paused = isExpected ? undefined : edge.misses.check(clientIp, nowMs);
  if (paused !== undefined) return paused;

  const decision = askObject(context, hostId, token, clientIp, nowMs);
  // A client that resets the connection ends the invocation: the miss must be counted all the same.
  context.executionCtx.waitUntil(decision.catch(() => undefined));
  return decision;
}

async function askObject(
  context: ApiContext,
  hostId: string,
  token: string,
  clientIp: string,
  nowMs: number,
): Promise<CallingHost | Refusal> {
  const { environment, edge } = context.env;
  const host: KnownHost | undefined = await environment.HOST.getByName(hostId).read();
  edge.hostKeys.keep(hostId, host, nowMs);
  const verdict = host === undefined ? "forged" : await verify(token, hostId, host.publicKey, nowMs);
  if (verdict === "forged") await edge.misses.recordMiss(clientIp, nowMs);
  if (host === undefined) return refuse("unauthorized", { detail: "This host is not enrolled." });
  if (verdict === "forged") return refuse("unauthorized", { detail: INVALID });
  if (isRefusal(verdict)) return verdict;
  return checkInstance(host.heard, verdict, nowMs) ?? { ...host, caller: verdict };
}

async function verify(
  token: string,
  hostId: string,
  publicKey: HostRecord["publicKey"],
  nowMs: number,
): Promise<Verdict> {
  try {
    return await verifyHostToken(token, hostId, publicKey, nowMs);
  } catch (error) {
    return explainVerification(error);
  }
}

/** jose checks claims only after the signature: an error about a claim means that the signature is right. */
function explainVerification(error: unknown): Verdict {
  const isClaim = error instanceof errors.JWTClaimValidationFailed;
  if (error instanceof errors.JWTExpired || (isClaim && error.claim === "iat")) {
    const detail = `The host's token is not valid now. Its clock may differ by more than ${CLOCK_TOLERANCE_S} s from ours.`;
    return refuse("unauthorized", { detail });
  }
  return isClaim ? refuse("unauthorized", { detail: INVALID }) : "forged";
}
