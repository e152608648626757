/**
 * How long it takes from the moment at which a server in a guest listens until its app is on the screen of a visitor who
 * waits for it.
 *
 * Usage: npm run bench:waiting -- [openings, default 50]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { callControl } from "../../connector/control/call-control.ts";
import { findFreePort } from "../../dev/find-free-port.ts";
import { findControlSocket } from "../../dev/start/host/find-control-socket.ts";
import { startSystem } from "../../dev/start/start-system.ts";
import { Supervisor } from "../../dev/start/supervisor.ts";
import { Lab } from "../../lab/lab.ts";
import { publicUrl } from "../../shared/link/preview-url.ts";
import { GUESTS_PATH } from "../../shared/protocol/control-api.ts";
import { launchChromium } from "../../test/support/browser/launch-chromium.ts";
import { AgentGuest } from "./agent-guest.ts";
import { describeDelays } from "./describe-delays.ts";
import { measureOpening } from "./measure-opening.ts";

const PORT = 3000;
/** Nothing listens on it in the guest, so a guest with this agent has none. */
const NO_AGENT_PORT = 9;

const openings = Number(process.argv[2] ?? 50);
if (!Number.isInteger(openings) || openings < 1 || openings > 1000) {
  console.error(`bench:waiting: the number of openings must be from 1 to 1000, was "${process.argv[2]}"`);
  process.exit(2);
}

await using stack = new AsyncDisposableStack();
const stateDirectory = await mkdtemp(join(tmpdir(), "bench-waiting-"));
stack.defer(() => rm(stateDirectory, { recursive: true, force: true }));
const lab = stack.use(await Lab.create());
const guest = stack.use(await AgentGuest.create(lab));
const supervisor = new Supervisor(stateDirectory);
stack.defer(() => supervisor.stop());
const guests = [{ host: guest.address, port: PORT }];
const options = { port: await findFreePort(), json: true, defaultLimits: false, microvm: false };
const system = await startSystem({ ...options, guests, stateDirectory }, supervisor, () => {}, lab);
const withoutAgent = crypto.randomUUID();
await callControl(await findControlSocket(stateDirectory), "POST", GUESTS_PATH, {
  sandboxId: withoutAgent,
  workspace: system.workspace,
  address: guest.address,
  agentPort: NO_AGENT_PORT,
});
const browser = await launchChromium();
stack.defer(() => browser.close());

const cases = [
  ["public URL, agent", system.previewUrl],
  ["link, agent", system.link.url],
  ["public URL, no agent", publicUrl("http", system.previewSuffix, withoutAgent, PORT)],
] as const;
const load = () => loadavg()[0]!.toFixed(1);
console.log(`node ${process.versions.node}, Chromium ${browser.version()}`);
for (const [name, url] of cases) {
  const page = await browser.newPage();
  const delaysMs: number[] = [];
  for (let count = 0; count < openings; count++) delaysMs.push(await measureOpening(page, url, guest, PORT));
  await page.close();
  console.log(`${name}: ${describeDelays(delaysMs)} (load average ${load()})`);
}
await stack.disposeAsync();
process.exit(0);
