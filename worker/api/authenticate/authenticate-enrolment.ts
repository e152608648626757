import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../shared/refusal/refusal.ts";
import { sha256Hex } from "../../../shared/sha256-hex.ts";
import { parseTokenKind } from "../../policy/token-secret.ts";
import type { ApiContext } from "../api-environment.ts";
import { readBearer } from "./read-bearer.ts";

/**
 * Reads the enrolment token that a call carries. Only the object of the host in the path can accept it; what it refuses
 * is counted by `countMiss`.
 *
 * @returns the token's SHA-256
 */
export async function authenticateEnrolment(context: ApiContext): Promise<string | Refusal> {
  const secret = readBearer(context);
  if (secret === undefined || parseTokenKind(secret) !== "enrolment") {
    return refuse("unauthorized", { detail: "The call needs an enrolment token." });
  }
  const clientIp = context.req.header("cf-connecting-ip") ?? "";
  return context.env.edge.misses.check(clientIp, Date.now()) ?? sha256Hex(secret);
}

/** Counts an enrolment token that was refused as a miss of its client. */
export async function countMiss<Outcome>(context: ApiContext, outcome: Outcome): Promise<Outcome> {
  if (isRefusal(outcome) && outcome.code === "unauthorized") {
    const clientIp = context.req.header("cf-connecting-ip") ?? "";
    await context.env.edge.misses.recordMiss(clientIp, Date.now());
  }
  return outcome;
}
