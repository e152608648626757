import * as z from "zod";
import type { UsageResponse } from "../../../../shared/protocol/request-log.ts";
import { MAX_USAGE_SANDBOXES } from "../../../../shared/protocol/request-log.ts";
import type { Refusal } from "../../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../../shared/refusal/refusal.ts";
import type { SandboxUsage } from "../../../objects/messages.ts";
import type { ApiApp } from "../../api-app.ts";
import type { ApiContext } from "../../api-environment.ts";
import { findOwnOrg } from "../../authorise/find-own-org.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import { orgParams } from "../../schemas/path-params.ts";
import { orgUsageSchema } from "../../schemas/usage-schema.ts";
import { workspaceOf } from "../../workspace-of.ts";
import { askHostForUsage } from "./ask-hosts.ts";
import { addTo, alignSeries, describeHour, emptySeries, presentBucket, sum, toSeries } from "./hour.ts";

/** Of an org, asked for their sandboxes. */
const MAX_WORKSPACES = 50;

/** Objects asked at the same time. */
const CONCURRENCY = 50;

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 100;

const usageCall = defineCall({
  id: "getOrgUsage",
  method: "get",
  path: "/v1/orgs/{org}/usage",
  tag: "Limits",
  who: "member",
  role: "org",
  summary: "Show how much an org's sandboxes are visited",
  description: `The requests of the last hour, of all running sandboxes of the org together and of the most visited ones. It asks the first ${MAX_USAGE_SANDBOXES} sandboxes of the first ${MAX_WORKSPACES} workspaces, each by one object call, and their hosts.`,
  params: orgParams,
  paramsRefusal: "not_found",
  query: z.strictObject({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(MAX_LIMIT)
      .default(DEFAULT_LIMIT)
      .describe("The most sandboxes to list."),
  }),
  response: { status: 200, description: "Its usage.", schema: orgUsageSchema },
  refusals: ["forbidden"],
});

interface AskedSandbox extends SandboxUsage {
  readonly id: string;
  readonly workspace: string;
}

/** The requests of an org's sandboxes in the last hour. */
export function mountOrgUsage(app: ApiApp): void {
  mountCall(app, usageCall, async (context, { params, query: { limit } }) => {
    const org = await findOwnOrg(context, params.org);
    if (isRefusal(org)) return org;
    const { sandboxes, complete } = await listSandboxes(context, org.id);
    const known = await askSandboxes(context, sandboxes);
    const hosts = await askHosts(context, known);
    const isComplete = complete && hosts.every((host) => host !== undefined);
    return describe(
      known,
      hosts.filter((host) => host !== undefined),
      limit,
      isComplete,
    );
  });
}

type Listed = Pick<AskedSandbox, "id" | "workspace">;

async function listSandboxes(
  context: ApiContext,
  org: string,
): Promise<{ sandboxes: Listed[]; complete: boolean }> {
  const found: string[] = await context.env.environment.ORG.getByName(org).listWorkspaces(MAX_WORKSPACES + 1);
  const listed = await Promise.all(
    found.slice(0, MAX_WORKSPACES).map(async (workspace) => {
      const ids: string[] = await workspaceOf(context, workspace).listSandboxes("", MAX_USAGE_SANDBOXES + 1);
      return ids.map((id) => ({ id, workspace }));
    }),
  );
  const all = listed.flat();
  const complete = found.length <= MAX_WORKSPACES && all.length <= MAX_USAGE_SANDBOXES;
  return { sandboxes: all.slice(0, MAX_USAGE_SANDBOXES), complete };
}

async function askSandboxes(context: ApiContext, listed: readonly Listed[]): Promise<AskedSandbox[]> {
  const { SANDBOX } = context.env.environment;
  const asked: AskedSandbox[] = [];
  for (let start = 0; start < listed.length; start += CONCURRENCY) {
    const batch = listed.slice(start, start + CONCURRENCY);
    const usages: (SandboxUsage | Refusal)[] = await Promise.all(
      batch.map(({ id, workspace }) => SANDBOX.getByName(id).readUsage(workspace)),
    );
    for (const [index, usage] of usages.entries())
      if (!isRefusal(usage)) asked.push({ ...batch[index]!, ...usage });
  }
  return asked;
}

function askHosts(
  context: ApiContext,
  sandboxes: readonly AskedSandbox[],
): Promise<(UsageResponse | undefined)[]> {
  const byHost = Map.groupBy(sandboxes, ({ hostId }) => hostId);
  return Promise.all(
    Array.from(byHost, ([hostId, its]) =>
      askHostForUsage(
        context,
        hostId,
        its.map(({ id }) => id),
        false,
      ),
    ),
  );
}

function describe(
  asked: readonly AskedSandbox[],
  hosts: readonly UsageResponse[],
  limit: number,
  complete: boolean,
): z.input<typeof orgUsageSchema> {
  const last = presentBucket(Date.now());
  const series = { admitted: emptySeries(), refused: emptySeries() };
  for (const host of hosts) addTo(series.admitted, alignSeries(host.total ?? [], host.last, last));
  const admittedBy = new Map(
    hosts.flatMap(({ sandboxes }) => sandboxes.map(({ id, admitted }) => [id, admitted] as const)),
  );
  const sandboxes = asked.map(({ id, workspace, refused }) => {
    const own = emptySeries();
    for (const { counts } of refused) addTo(own, toSeries(counts, last));
    addTo(series.refused, own);
    return { id, workspace, admitted: admittedBy.get(id) ?? 0, refused: sum(own) };
  });
  const busiest = sandboxes
    .filter(({ admitted, refused }) => admitted + refused > 0)
    .sort((one, other) => other.admitted + other.refused - one.admitted - one.refused);
  return {
    ...describeHour(last),
    admitted: sum(sandboxes.map(({ admitted }) => admitted)),
    refused: sum(sandboxes.map(({ refused }) => refused)),
    series,
    sandboxes: busiest.slice(0, limit),
    sandbox_count: asked.length,
    complete,
  };
}
