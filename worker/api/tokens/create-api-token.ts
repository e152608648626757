import { sha256Hex } from "../../../shared/sha256-hex.ts";
import type { ApiToken, OrgToken, WorkspaceToken } from "../../policy/api-tokens.ts";
import { putApiToken } from "../../policy/api-tokens.ts";
import { createTokenSecret } from "../../policy/token-secret.ts";
import type { ApiContext } from "../api-environment.ts";
import { formatTime } from "../format-time.ts";

/** What is chosen about a token; id, time and secret are made. */
export type TokenOrder = Omit<WorkspaceToken, "id" | "createdAt"> | Omit<OrgToken, "id" | "createdAt">;

/** A new token and its secret, of which only the SHA-256 is kept. */
export interface CreatedToken {
  readonly token: ApiToken;
  readonly secret: string;
}

export async function createApiToken(context: ApiContext, order: TokenOrder): Promise<CreatedToken> {
  const secret = createTokenSecret(order.scope);
  const token: ApiToken = { ...order, id: crypto.randomUUID(), createdAt: formatTime(Date.now()) };
  await putApiToken(context.env.environment.POLICY, await sha256Hex(secret), token);
  return { token, secret };
}
