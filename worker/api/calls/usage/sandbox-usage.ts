import type * as z from "zod";
import { MAX_PORTS_PER_SANDBOX } from "../../../../shared/port.ts";
import type { UsageResponse } from "../../../../shared/protocol/request-log.ts";
import type { Refusal } from "../../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../../shared/refusal/refusal.ts";
import type { SandboxUsage } from "../../../objects/messages.ts";
import type { ApiApp } from "../../api-app.ts";
import { findSandboxWorkspace } from "../../authorise/find-sandbox-workspace.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import { sandboxParams } from "../../schemas/path-params.ts";
import { sandboxUsageSchema } from "../../schemas/usage-schema.ts";
import { askHostForUsage } from "./ask-hosts.ts";
import { alignSeries, describeHour, emptySeries, presentBucket, sum, toSeries } from "./hour.ts";

const usageCall = defineCall({
  id: "getSandboxUsage",
  method: "get",
  path: "/v1/sandboxes/{id}/usage",
  tag: "Limits",
  who: "caller",
  summary: "Show how much a sandbox is visited",
  description:
    "Its requests of the last hour, by port: those that its host has got, and those that were over a limit. The host counts while this start of the sandbox runs and its connector does.",
  params: sandboxParams,
  paramsRefusal: "sandbox_not_found",
  response: { status: 200, description: "Its usage.", schema: sandboxUsageSchema },
});

/** The requests of a sandbox in the last hour. */
export function mountSandboxUsage(app: ApiApp): void {
  mountCall(app, usageCall, async (context, { params: { id } }) => {
    const workspace = await findSandboxWorkspace(context, id);
    if (isRefusal(workspace)) return workspace;
    const sandbox = context.env.environment.SANDBOX.getByName(id);
    const usage: SandboxUsage | Refusal = await sandbox.readUsage(workspace);
    if (isRefusal(usage)) return usage;
    return describe(usage, await askHostForUsage(context, usage.hostId, [id], true));
  });
}

function describe(
  { refused }: SandboxUsage,
  host: UsageResponse | undefined,
): z.input<typeof sandboxUsageSchema> {
  const last = presentBucket(Date.now());
  const admittedBy = new Map(
    host?.sandboxes[0]?.ports.map(({ port, admitted }) => [port, alignSeries(admitted, host.last, last)]),
  );
  const refusedBy = new Map(refused.map(({ port, counts }) => [port, toSeries(counts, last)]));
  const ports = [...new Set([...admittedBy.keys(), ...refusedBy.keys()])]
    .map((port) => ({
      port,
      admitted: admittedBy.get(port) ?? emptySeries(),
      refused: refusedBy.get(port) ?? emptySeries(),
    }))
    .map((each) => ({ each, total: sum(each.admitted) + sum(each.refused) }))
    .sort((one, other) => other.total - one.total)
    .map(({ each }) => each);
  return {
    ...describeHour(last),
    admitted: sum(ports.map(({ admitted }) => sum(admitted))),
    refused: sum(ports.map((port) => sum(port.refused))),
    ports: ports.slice(0, MAX_PORTS_PER_SANDBOX),
    ...(host === undefined && { host_unreachable: true as const }),
  };
}
