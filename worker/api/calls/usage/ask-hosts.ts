import { USAGE_PATH } from "../../../../shared/protocol/host-calls.ts";
import type { UsageResponse } from "../../../../shared/protocol/request-log.ts";
import { usageResponseSchema } from "../../../../shared/protocol/request-log.ts";
import { isRefusal } from "../../../../shared/refusal/refusal.ts";
import { readHostJson } from "../../../hosts/read-host-json.ts";
import type { ApiContext } from "../../api-environment.ts";
import { callSandboxHost } from "../ports/call-sandbox-host.ts";

/** @returns what a host says about some of its sandboxes; `undefined` where it does not respond */
export async function askHostForUsage(
  context: ApiContext,
  hostId: string,
  sandboxes: readonly string[],
  series: boolean,
): Promise<UsageResponse | undefined> {
  const call = { method: "POST", body: JSON.stringify({ sandboxes, series }) };
  const response = await callSandboxHost(context, { hostId }, USAGE_PATH, call);
  if (isRefusal(response)) return undefined;
  const parsed = usageResponseSchema.safeParse(await readHostJson(response));
  if (!parsed.success) return undefined;
  // A host says nothing about those of others.
  const own = parsed.data.sandboxes.filter(({ id }) => sandboxes.includes(id));
  return { ...parsed.data, sandboxes: own };
}
