import { errors } from "jose";
import { readHostTokenIssuer, verifyHostToken } from "../../shared/protocol/host-token.ts";
import { CLOCK_TOLERANCE_S } from "../../shared/protocol/signature.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../shared/refusal/refusal.ts";
import type { HostRecord } from "../objects/messages.ts";
import type { ApiContext } from "./api-environment.ts";
import { readBearer } from "./read-bearer.ts";

/** What a token is worth against one key. `forged`: who made it does not have the key. */
type Verdict = "valid" | "forged" | Refusal;

const INVALID = "The host's token is not valid.";

/**
 * Finds the host that signed a call with its own key.
 *
 * Anyone may claim to be a host. So before its object is asked, the token must name the host, fit the key if one was
 * read just now, and come from a client that has not asked for too much that is forged or does not exist. A client with
 * the key of a host that called before is not held to what others did from the same address, its own guests included.
 */
export async function authenticateHost(context: ApiContext, hostId: string): Promise<HostRecord | Refusal> {
  const { environment, edge } = context.env;
  const nowMs = Date.now();
  const clientIp = context.req.header("cf-connecting-ip") ?? "";
  const token = readBearer(context);
  if (token === undefined || readHostTokenIssuer(token) !== hostId) {
    return refuse("unauthorized", { detail: "The call needs a JWT that the host in its path signed." });
  }
  const known = edge.hostKeys.recall(hostId, nowMs);
  const expected = known && (await judge(token, hostId, known.publicKey, nowMs));
  if (expected !== undefined && isRefusal(expected)) return expected;
  if (expected === "forged" && known?.isFresh) return refuse("unauthorized", { detail: INVALID });
  const paused = expected === "valid" ? undefined : edge.misses.check(clientIp, nowMs);
  if (paused !== undefined) return paused;

  const host: HostRecord | undefined = await environment.HOST.getByName(hostId).read();
  edge.hostKeys.keep(hostId, host, nowMs);
  const verdict = host === undefined ? "forged" : await judge(token, hostId, host.publicKey, nowMs);
  if (verdict === "forged") await edge.misses.recordMiss(clientIp, nowMs);
  if (host === undefined) return refuse("unauthorized", { detail: "This host is not enrolled." });
  if (verdict === "valid") return host;
  return verdict === "forged" ? refuse("unauthorized", { detail: INVALID }) : verdict;
}

async function judge(
  token: string,
  hostId: string,
  publicKey: HostRecord["publicKey"],
  nowMs: number,
): Promise<Verdict> {
  try {
    await verifyHostToken(token, hostId, publicKey, nowMs);
    return "valid";
  } catch (error) {
    return explain(error);
  }
}

/** jose looks at claims only after the signature. */
function explain(error: unknown): Verdict {
  const isClaim = error instanceof errors.JWTClaimValidationFailed;
  if (error instanceof errors.JWTExpired || (isClaim && error.claim === "iat")) {
    const detail = `The host's token is not valid now. Its clock may differ by more than ${CLOCK_TOLERANCE_S} s from ours.`;
    return refuse("unauthorized", { detail });
  }
  return isClaim ? refuse("unauthorized", { detail: INVALID }) : "forged";
}
