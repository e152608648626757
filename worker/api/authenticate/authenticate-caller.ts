import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import { sha256Hex } from "../../../shared/sha256-hex.ts";
import type { ApiToken } from "../../policy/api-tokens.ts";
import { findApiToken } from "../../policy/api-tokens.ts";
import type { ApiContext } from "../api-environment.ts";
import { readBearer } from "./read-bearer.ts";

/** Finds the record of the API token that a call carries. */
export async function authenticateCaller(context: ApiContext): Promise<ApiToken | Refusal> {
  const apiToken = readBearer(context);
  if (apiToken === undefined) return refuse("unauthorized");
  const sha256 = await sha256Hex(apiToken);
  return (await findApiToken(context.env.environment.POLICY, sha256)) ?? refuse("unauthorized");
}
