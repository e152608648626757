import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseConfig } from "../../../connector/config.ts";
import { callControl } from "../../../connector/control/call-control.ts";
import { enrollHost } from "../../../connector/edge/enroll-host.ts";
import { startDemo } from "../../../dev/demo/start-demo.ts";
import type { DeployOptions } from "../../../dev/deploy/deploy.ts";
import { deploy } from "../../../dev/deploy/deploy.ts";
import { DeployError } from "../../../dev/deploy/deploy-error.ts";
import { parseDeployment } from "../../../dev/deploy/settings/deployment.ts";
import { SecretFiles } from "../../../dev/deploy/settings/secrets.ts";
import { EdgeClient } from "../../../dev/deploy/smoke/edge-client.ts";
import type { RunningEdge } from "../../../dev/edge/start-edge.ts";
import { startEdge } from "../../../dev/edge/start-edge.ts";
import { findFreePort } from "../../../dev/find-free-port.ts";
import { Supervisor } from "../../../dev/start/supervisor.ts";
import { FakeAccount } from "../../support/deploy/fake-account.ts";

const LOOPBACK = "127.0.0.1";
const SANDBOX = "0f4bb8a1-52c7-4a0e-9c93-2a1f6b9d0c11";
const DEPLOYMENT = parseDeployment(`
preview_domain = "previews.dev"
host_domain = "hosts.cloud"
abuse_contact = "abuse@previews.dev"
accept_shared_site = true
`);

let folder: string;
let supervisor: Supervisor;
let account: FakeAccount;
let edge: RunningEdge | undefined;
let app: Awaited<ReturnType<typeof startDemo>>;
let edgePort: number;
let hostPort: number;
const lines: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "preview-deploy-"));
  supervisor = new Supervisor(folder);
  account = await FakeAccount.create(folder);
  edgePort = await findFreePort();
});
afterAll(async () => {
  await supervisor?.stop();
  await edge?.stop();
  app?.close();
  await rm(folder, { recursive: true, force: true });
});

function options(change: Partial<DeployOptions> = {}): DeployOptions {
  return {
    deployment: DEPLOYMENT,
    files: new SecretFiles(join(folder, "secrets")),
    wrangler: account.wrangler,
    client: new EdgeClient(LOOPBACK),
    configPath: join(folder, "wrangler.json"),
    api: `http://api.previews.dev:${edgePort}`,
    org: "main",
    workspace: "main",
    host: "host-1",
    webSocketPath: "/echo",
    waitMs: 60_000,
    say: (line) => lines.push(line),
    ...change,
  };
}

/** What Cloudflare does once the Worker is deployed: runs it with its variables and secrets. */
async function runWorker(): Promise<void> {
  const { worker, secrets } = await account.deployed();
  edge = await startEdge({
    host: LOOPBACK,
    port: edgePort,
    stateDirectory: join(folder, "edge"),
    bindings: { ...worker.vars, ...secrets, ALLOW_HTTP: "true", API_HOSTNAMES: LOOPBACK },
  });
}

/** What the operator does on the first host, with the token that is offered. */
async function enrolHost(): Promise<void> {
  hostPort = await findFreePort();
  const config = await enrol();
  await supervisor.start("connector", new URL("../../../dev/connector/main.ts", import.meta.url), [
    join(folder, "connector", "config.json"),
  ]);
  const appPort = await findFreePort();
  app = await startDemo(LOOPBACK, appPort);
  const guest = { sandboxId: SANDBOX, workspace: "main", address: LOOPBACK, ports: [appPort] };
  await callControl(config.controlSocket, "POST", "/guests", guest);
}

async function enrol(): Promise<ReturnType<typeof parseConfig>> {
  const path = await said(/Copy (\S+) to the host/);
  const state = join(folder, "connector");
  const config = parseConfig({
    hostId: "host-1",
    api: `http://${LOOPBACK}:${edgePort}`,
    origin: `http://${LOOPBACK}:${hostPort}`,
    listen: { host: LOOPBACK, port: hostPort },
    keyFile: join(state, "host-key.json"),
    stateDirectory: state,
    controlSocket: join(folder, "control.sock"),
    allowLoopbackGuests: true,
  });
  const file = join(state, "config.json");
  await enrollHost(config, { token: (await readFile(path, "utf8")).trim(), replace: false }, file);
  return config;
}

async function said(pattern: RegExp): Promise<string> {
  for (;;) {
    const found = pattern.exec(lines.join("\n"))?.[1];
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("deploy()", () => {
  test("leads from an empty account to the first preview", async () => {
    const [isVisited] = await Promise.all([deploy(options()), runWorker().then(enrolHost)]);
    expect(lines.filter((line) => line.startsWith("✗"))).toEqual([]);
    expect(isVisited).toBe(true);
    expect(lines.join("\n")).toContain("✓ WebSocket");
  });

  test("has created the secrets once, shows none, and passes none as an argument", async () => {
    const { calls, secrets, worker } = await account.read();
    const shown = [lines.join("\n"), JSON.stringify(calls), JSON.stringify(worker)].join("\n");
    const adminToken = await options().files.readAdminToken();
    for (const secret of [...Object.values(secrets), adminToken]) expect(shown).not.toContain(secret);
    expect(worker?.routes).toEqual([{ pattern: "*.previews.dev/*", zone_name: "previews.dev" }]);
  });

  test("deploys again without touching the secrets, and asks for no host", async () => {
    const before = await account.read();
    lines.length = 0;
    expect(await deploy(options())).toBe(true);
    const after = await account.read();
    expect(after.secrets).toEqual(before.secrets);
    expect(after.calls.slice(before.calls.length).flat()).not.toContain("--secrets-file");
    expect(lines.join("\n")).not.toContain("Copy");
  });

  test("leads back to the preview after the edge has lost its state, with the secrets and the host's key that were kept", async () => {
    await edge?.stop();
    await rm(join(folder, "edge"), { recursive: true });
    lines.length = 0;
    await runWorker();
    const [isVisited] = await Promise.all([deploy(options()), enrol()]);
    expect(lines.filter((line) => line.startsWith("✗"))).toEqual([]);
    expect(isVisited).toBe(true);
  });

  test.each([
    ["nobody is logged in", { loggedIn: false }, "wrangler login"],
    [
      "the login has two accounts",
      {
        accounts: [
          { id: "a", name: "A" },
          { id: "b", name: "B" },
        ],
      },
      "account_id",
    ],
  ])("deploys nothing where %s, and says what helps", async (_what, change, named) => {
    const other = await FakeAccount.create(folder, change);
    await expect(deploy(options({ wrangler: other.wrangler }))).rejects.toThrow(named);
    expect((await other.read()).worker).toBeUndefined();
  });

  test("deploys nothing where the check finds a mistake", async () => {
    const other = await FakeAccount.create(folder);
    const deployment = { ...DEPLOYMENT, acceptSharedSite: false };
    await expect(deploy(options({ wrangler: other.wrangler, deployment }))).rejects.toThrow(DeployError);
    expect((await other.read()).worker).toBeUndefined();
  });
});
