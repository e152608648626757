import { z } from "zod";
import { DeployError } from "../deploy-error.ts";
import type { RunWrangler } from "../wrangler.ts";

const whoamiSchema = z.object({
  loggedIn: z.boolean(),
  accounts: z.array(z.object({ id: z.string(), name: z.string() })).default([]),
});

export interface Account {
  readonly id: string;
  readonly name: string;
}

/**
 * The account that Wrangler deploys to.
 *
 * @param wanted from `deployment.toml`; needed where the login has several
 * @throws {DeployError} where nobody is logged in, or it is not clear which account is meant
 */
export async function findAccount(wrangler: RunWrangler, wanted: string | undefined): Promise<Account> {
  const run = await wrangler(["whoami", "--json"]);
  const parsed = whoamiSchema.safeParse(parseJson(run.stdout));
  if (!parsed.success || !parsed.data.loggedIn)
    throw new DeployError(
      "Nobody is logged in at Cloudflare. Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN (permissions: docs/deploy.md)",
    );
  const { accounts } = parsed.data;
  const listed = accounts.map(({ id, name }) => `  ${id}  ${name}`).join("\n");
  const [only] = accounts;
  if (wanted === undefined && accounts.length === 1 && only !== undefined) return only;
  const found = accounts.find(({ id }) => id === wanted);
  if (found !== undefined) return found;
  throw new DeployError(
    wanted === undefined
      ? `The login has ${accounts.length} accounts. Write one as account_id into deployment.toml:\n${listed}`
      : `The login has no account ${wanted}, but:\n${listed}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
