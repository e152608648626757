import { APIError } from "cloudflare";
import { createClient } from "../zone/create-client.ts";

/** @returns the account's plan for Workers in words; what is not known is said so, and prevents nothing */
export async function findPlan(
  accountId: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const unknown = (reason: string): string =>
    `not known (${reason}). The Free plan has 100 000 requests a day, for all previews together`;
  if (!environment.CLOUDFLARE_API_TOKEN) return unknown("CLOUDFLARE_API_TOKEN is not set");
  try {
    for await (const found of createClient(environment).accounts.subscriptions.get({
      account_id: accountId,
    })) {
      const { rate_plan: plan } = found as { rate_plan?: { id?: string; public_name?: string } };
      if (/workers/i.test(`${plan?.id} ${plan?.public_name}`))
        return plan?.public_name ?? plan?.id ?? "Workers";
    }
    return "Free: 100 000 requests a day, for all previews together";
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    return unknown(
      error.status === undefined
        ? "Cloudflare's API does not respond"
        : `the token may not read subscriptions: ${error.status}`,
    );
  }
}
