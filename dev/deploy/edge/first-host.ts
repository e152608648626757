import { setTimeout } from "node:timers/promises";
import { DeployError } from "../deploy-error.ts";
import type { SecretFiles } from "../settings/secrets.ts";
import type { EdgeClient, Reply } from "../smoke/edge-client.ts";

export interface FirstHost {
  readonly api: string;
  readonly adminToken: string;
  readonly org: string;
  readonly workspace: string;
  readonly host: string;
  readonly hostDomain: string;
}

const POLL_MS = 3_000;
const HEARD_WITHIN_MS = 60_000;

/** Waits until the edge publishes its keys. @throws {DeployError} with the last failure */
export async function awaitEdge(client: EdgeClient, api: string, waitMs: number): Promise<void> {
  const url = `${api}/.well-known/jwks.json`;
  const endMs = Date.now() + waitMs;
  for (;;) {
    const failure = await client.get(url).then(
      ({ status, refusal }) => (status === 200 ? undefined : `${status} ${refusal ?? ""}`),
      (error: Error) => (error.cause instanceof Error ? error.cause.message : error.message),
    );
    if (failure === undefined) return;
    if (Date.now() > endMs)
      throw new DeployError(
        `The Worker is deployed, but ${url} does not answer: ${failure}. Are the zone's records set (npm run deploy:zone), and its certificates active?`,
      );
    await setTimeout(POLL_MS);
  }
}

/** Creates org and workspace, where they are missing. */
export async function ensureWorkspace(client: EdgeClient, target: FirstHost): Promise<void> {
  const { api, adminToken, org, workspace } = target;
  const known = await client.call("PUT", `${api}/v1/admin/workspaces/${workspace}`, adminToken, { org });
  if (known.status === 200) return;
  require200(await client.call("PUT", `${api}/v1/admin/orgs/${org}`, adminToken, { name: org }), "the org");
  require200(
    await client.call("PUT", `${api}/v1/admin/workspaces/${workspace}`, adminToken, { org }),
    "the workspace",
  );
}

function require200(reply: Reply, what: string): void {
  if (reply.status === 200 || reply.status === 201) return;
  throw new DeployError(`${what} was not created: ${reply.status} ${reply.refusal ?? ""}`);
}

/**
 * Makes a token for a host that was not heard yet.
 *
 * @returns what to do on the host, or `undefined` where its connector runs
 */
export async function offerEnrolment(
  client: EdgeClient,
  target: FirstHost,
  files: SecretFiles,
): Promise<string | undefined> {
  if (await isHeard(client, target)) return undefined;
  const { api, adminToken, host, hostDomain, workspace } = target;
  const reply = await client.call("POST", `${api}/v1/admin/enrolments`, adminToken, { host });
  if (reply.status !== 201)
    throw new DeployError(`No enrolment token for ${host}: ${reply.status} ${reply.refusal ?? ""}`);
  const path = await files.writeEnrolment(host, (JSON.parse(reply.text) as { token: string }).token);
  return `Copy ${path} to the host as the file "token" (valid for an hour, once), install the connector there
(docs/deploy.md), put its certificate and key where its group can read them, and run as root:

  preview-connector enroll --token-file token --host ${host} \\
    --api ${api} --origin https://${host}.${hostDomain}:8443 \\
    --tls-certificate /etc/preview-connector/tls.pem --tls-key /etc/preview-connector/tls.key
  rm token
  systemctl start preview-connector
  preview-connector attach --sandbox {uuid} --address {guest's address} --tap {its tap} --workspace ${workspace}`;
}

/** @throws {DeployError} where it is not heard in time */
export async function awaitHost(client: EdgeClient, target: FirstHost, waitMs: number): Promise<void> {
  const endMs = Date.now() + waitMs;
  while (!(await isHeard(client, target))) {
    if (Date.now() > endMs)
      throw new DeployError(
        `${target.host} was not heard; \`preview-connector doctor\` on it names the reason. \`npm run deploy\` goes on from here.`,
      );
    await setTimeout(POLL_MS);
  }
}

async function isHeard(client: EdgeClient, { api, adminToken, host }: FirstHost): Promise<boolean> {
  const reply = await client.call("GET", `${api}/v1/admin/hosts/${host}`, adminToken);
  if (reply.status === 404) return false;
  if (reply.status !== 200)
    throw new DeployError(
      `The edge refuses the admin token: ${reply.status} ${reply.refusal ?? ""}. Is .deploy/admin-token the deployed one?`,
    );
  const { heard_at: heardAt } = JSON.parse(reply.text) as { heard_at?: string };
  return heardAt !== undefined && Date.now() - Date.parse(heardAt) < HEARD_WITHIN_MS;
}
