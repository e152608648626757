import { checkDeployment, describeReport } from "./check/check-deployment.ts";
import { DeployError } from "./deploy-error.ts";
import { findAccount } from "./edge/account.ts";
import { findPlan } from "./edge/find-plan.ts";
import { awaitEdge, awaitHost, ensureWorkspace, offerEnrolment } from "./edge/first-host.ts";
import { uploadWorker } from "./edge/upload-worker.ts";
import type { Deployment } from "./settings/deployment.ts";
import type { SecretFiles } from "./settings/secrets.ts";
import { describeStep } from "./smoke/describe-step.ts";
import type { EdgeClient } from "./smoke/edge-client.ts";
import { smokeTest } from "./smoke/smoke-test.ts";
import type { RunWrangler } from "./wrangler.ts";

export interface DeployOptions {
  readonly deployment: Deployment;
  readonly files: SecretFiles;
  readonly wrangler: RunWrangler;
  readonly client: EdgeClient;
  readonly configPath: string;
  /** Base URL of the API, where it is not `https://api.{previewDomain}`. */
  readonly api?: string;
  readonly org: string;
  readonly workspace: string;
  readonly host: string;
  readonly webSocketPath: string;
  /** For so long a host and its first sandbox may take; 0: stop when the edge serves. */
  readonly waitMs: number;
  readonly say: (line: string) => void;
}

const EDGE_WAIT_MS = 5 * 60_000;

/**
 * From an empty account to the first preview. Each step finds out whether it is done already, so that a repeated run goes
 * on where the last one has stopped.
 *
 * @returns whether the first preview was visited
 * @throws {DeployError} where a step cannot be done
 */
export async function deploy(options: DeployOptions): Promise<boolean> {
  const { deployment, files, wrangler, client, configPath, say, waitMs } = options;
  say(`· Node ${process.versions.node}`);
  const account = await findAccount(wrangler, deployment.accountId);
  say(`· account ${account.name} (${account.id}), plan for Workers: ${await findPlan(account.id)}`);

  const report = await checkDeployment(
    { ...deployment, accountId: account.id },
    undefined,
    wrangler,
    configPath,
  );
  say(describeReport(report));
  if (report.problems.length > 0) throw new DeployError("Nothing was deployed.");

  const made = await uploadWorker(wrangler, configPath, files);
  say(
    made.length === 0 ? "· deployed; its secrets stay" : `· deployed, with new secrets: ${made.join(", ")}`,
  );
  if (made.includes("ADMIN_TOKEN_SHA256"))
    say(`  The admin token is in ${files.adminTokenPath}. Keep ${files.folder} in a password manager, too.`);

  const { org, workspace, host, webSocketPath } = options;
  const api = options.api ?? `https://api.${deployment.previewDomain}`;
  await awaitEdge(client, api, EDGE_WAIT_MS);
  say(`· ${api} serves`);

  const adminToken = await files.readAdminToken();
  const target = { api, adminToken, org, workspace, host, hostDomain: deployment.hostDomain };
  await ensureWorkspace(client, target);
  const todo = await offerEnrolment(client, target, files);
  if (todo !== undefined) say(`\n${todo}\n`);
  if (waitMs === 0) return false;

  say(`· waiting for host ${host}, and for a sandbox of the workspace ${workspace}`);
  await awaitHost(client, target, waitMs);
  const smoke = { api, adminToken, workspace, webSocketPath, webSocketProtocols: [], waitMs };
  return smokeTest(client, smoke, (step) => say(describeStep(step)));
}
