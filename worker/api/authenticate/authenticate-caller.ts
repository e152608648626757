import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import { sha256Hex } from "../../../shared/sha256-hex.ts";
import type { ApiToken } from "../../policy/api-tokens.ts";
import { findApiToken, isLive } from "../../policy/api-tokens.ts";
import { parseTokenKind } from "../../policy/token-secret.ts";
import type { ApiContext } from "../api-environment.ts";
import { readBearer } from "./read-bearer.ts";

/**
 * Finds the record of the API token that a call carries.
 *
 * 1. a text without the form and checksum of a token is refused without a look-up
 * 2. a client that made too many up is paused, unless this isolate knows the token
 * 3. a token that KV does not have counts as a miss of its client
 */
export async function authenticateCaller(context: ApiContext): Promise<ApiToken | Refusal> {
  const { edge } = context.env;
  const nowMs = Date.now();
  const secret = readBearer(context);
  const kind = secret === undefined ? undefined : parseTokenKind(secret);
  if (secret === undefined || kind === undefined || kind === "enrolment") return refuse("unauthorized");
  const sha256 = await sha256Hex(secret);
  const clientIp = context.req.header("cf-connecting-ip") ?? "";
  const paused = edge.tokens.has(sha256) ? undefined : edge.misses.check(clientIp, nowMs);
  if (paused !== undefined) return paused;
  const found = findAndCount(context, sha256, clientIp, nowMs);
  // A client that resets the connection ends the invocation: the miss must be counted all the same.
  context.executionCtx.waitUntil(found.catch(() => undefined));
  const token = await found;
  if (token?.scope !== kind) return refuse("unauthorized");
  return isLive(token, nowMs) ? token : refuse("unauthorized", { detail: "This API token has expired." });
}

async function findAndCount(
  context: ApiContext,
  sha256: string,
  clientIp: string,
  nowMs: number,
): Promise<ApiToken | undefined> {
  const { environment, edge } = context.env;
  const token = await findApiToken(environment.POLICY, sha256);
  if (token !== undefined) {
    edge.tokens.add(sha256);
    return token;
  }
  edge.tokens.delete(sha256);
  await edge.misses.recordMiss(clientIp, nowMs);
  return undefined;
}
