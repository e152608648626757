import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { buildAgentExecutable } from "../../agent/build/build-agent-executable.ts";
import { buildSystemdImage } from "../../lab/image/build-systemd-image.ts";
import { Lab } from "../../lab/lab.ts";
import type { Machine } from "../../lab/machine/machine.ts";
import { NODE_BINARY } from "../../lab/node-binary.ts";
import { runCommand } from "../../lab/run-command.ts";
import { AGENT_HEALTH_PATH } from "../../shared/protocol/agent-protocol.ts";
import { AgentClient } from "../support/lab/agent-client.ts";
import { labGet } from "../support/lab/lab-get.ts";

const UNITS = [
  "agent/systemd/pandastack-agent.service",
  "agent/systemd/pandastack-autostart.service",
  "connector/systemd/preview-connector.service",
];
/** Of a host that no edge knows; RFC 8037, appendix A.1. */
const HOST_KEY = {
  kty: "OKP",
  crv: "Ed25519",
  x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
  d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
};
const WAIT = { timeout: 30_000, interval: 100 };
const CONFIG = {
  hostId: "host-1",
  api: "http://127.0.0.1:19999",
  origin: "http://127.0.0.1:8443",
  listen: { port: 8443 },
  keyFile: "/etc/preview-connector/host-key.json",
  stateDirectory: "/var/lib/preview-connector",
  controlSocket: "/run/preview-connector/control.sock",
  allowLoopbackGuests: true,
};
/** By its path, because busybox's shell prefers an `ip` of its own. */
const IP = "/bin/ip";
/** Finds the connector's listener to the kernel; busybox has no pgrep here. */
const MONITOR = "ps -o pid,args | grep '[i]p -o monitor'";
const SANDBOX = crypto.randomUUID();

/** One that was attached before the host booted. */
const ATTACHED = {
  sandboxId: "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b",
  workspace: "ws",
  address: "127.0.0.1",
  generation: "1700000000000-abcdefgh",
};

/** As a template's hook, with a child of its own; fails when `/run/hook-fails` exists. */
const HOOK = `#!/bin/sh
echo $$ >>/run/hook-starts
sleep 600 &
httpd -f -p 3000 -h /srv &
until [ -e /run/hook-fails ]; do usleep 50000; done
rm /run/hook-fails
exit 1
`;

let lab: Lab;
let machine: Machine;
let agent: AgentClient;

beforeAll(async () => {
  await runCommand(NODE_BINARY, ["dev/build.ts"]);
  const image = await buildSystemdImage({
    units: UNITS,
    packages: ["iproute2"],
    files: [
      { path: "/etc/pandastack/autostart.sh", content: HOOK, mode: 0o755 },
      { path: "/srv/index.html", content: "started by systemd" },
      {
        path: "/usr/bin/pandastack-agent",
        content: await buildAgentExecutable(await readFile(NODE_BINARY), NODE_BINARY),
        mode: 0o755,
      },
      {
        path: "/usr/lib/pandastack/autostart",
        content: await readFile("agent/templates/autostart"),
        mode: 0o755,
      },
      { path: "/usr/lib/preview-connector/node", content: await readFile(NODE_BINARY), mode: 0o755 },
      { path: "/usr/lib/preview-connector/connector.mjs", content: await readFile("dist/connector.mjs") },
      { path: "/etc/preview-connector/config.json", content: JSON.stringify(CONFIG) },
      {
        path: `${CONFIG.stateDirectory}/guests/${ATTACHED.sandboxId}.json`,
        content: JSON.stringify(ATTACHED),
      },
      { path: CONFIG.keyFile, content: JSON.stringify(HOST_KEY) },
      // As `useradd --system` does.
      {
        path: "/etc/passwd",
        content: "root:x:0:0::/root:/bin/sh\npreview-connector:x:990:990::/:/bin/false\n",
      },
      { path: "/etc/group", content: "root:x:0:\npreview-connector:x:990:\n" },
    ],
  });
  lab = await Lab.create();
  machine = await lab.boot({ shape: "tap", image, agent: "none", processors: 2 });
  agent = new AgentClient(lab.gate, machine.address);
});

afterAll(() => lab?.[Symbol.asyncDispose]());

/** A unit's property, such as `MainPID`. */
async function show(unit: string, property: string): Promise<string> {
  return (await machine.run(`systemctl show --value -p ${property} ${unit}`)).trim();
}

function waitUntil(condition: string): Promise<string> {
  return machine.run(`until ${condition}; do usleep 100000; done`);
}

/** The journal of a unit since its last start. */
function journalOf(unit: string): Promise<string> {
  const run = `$(systemctl show --value -p InvocationID ${unit})`;
  return machine.run(`journalctl --no-pager -o cat _SYSTEMD_INVOCATION_ID=${run}`);
}

/** From outside: it costs an emulated machine less than reading its journal. */
async function waitForAgent(): Promise<void> {
  await vi.waitFor(async () => expect((await agent.get(AGENT_HEALTH_PATH)).status).toBe(200), WAIT);
}

test("systemd finds nothing to complain about in the units", async () => {
  const names = UNITS.map((path) => path.split("/").at(-1)).join(" ");
  expect(await machine.exec(`systemd-analyze --man=no verify ${names}`)).toEqual({
    status: 0,
    stdout: "",
    stderr: "",
  });
});

describe("pandastack-agent.service", () => {
  test("has the agent respond to its gateway from boot, without a privilege", async () => {
    await waitForAgent();
    const status = await machine.run(`cat /proc/${await show("pandastack-agent", "MainPID")}/status`);
    expect(status).toMatch(/^CapBnd:\t0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(status).not.toMatch(/^Uid:\t0\t/m);
  });

  test("has it report what listens, other users' servers too", async () => {
    await expect
      .poll(async () => (await agent.ports()).ports, WAIT)
      .toContainEqual({ port: 3000, reach: "direct" });
  });

  test("starts it again when it crashes", async () => {
    const pid = await show("pandastack-agent", "MainPID");
    await machine.run(`kill -9 ${pid}`);
    await waitForAgent();
    expect(await show("pandastack-agent", "NRestarts")).toBe("1");
    expect(await show("pandastack-agent", "MainPID")).not.toBe(pid);
  });
});

describe("pandastack-autostart.service", () => {
  test("has the hook's server respond from boot", async () => {
    expect(await vi.waitFor(() => labGet(lab.gate, machine.address, 3000), WAIT)).toBe("started by systemd");
  });

  test("starts the hook again when it fails, after ending its children", async () => {
    const before = await machine.run("pidof httpd");
    await machine.run("touch /run/hook-fails");
    await waitUntil('[ "$(wc -l </run/hook-starts)" = 2 ]');
    await waitUntil("wget -q -O - http://127.0.0.1:3000/");
    const after = await machine.run("pidof httpd");
    expect(after).not.toBe(before);
    expect(after).toMatch(/^\d+\n$/);
  });

  test("ends the hook's children with it", async () => {
    await machine.run("systemctl stop pandastack-autostart");
    expect((await machine.exec("pidof httpd")).stdout).toBe("");
    expect((await agent.ports()).ports.map(({ port }) => port)).not.toContain(3000);
  });
});

describe("preview-connector.service", () => {
  const unit = "preview-connector";
  const record = `${CONFIG.stateDirectory}/guests/${SANDBOX}.json`;
  /** Its RuntimeDirectory goes when it ends, and the socket with it. */
  const listens = "[ -S /run/preview-connector/control.sock ]";
  const attachInBox = `node /usr/lib/preview-connector/connector.mjs attach --sandbox ${SANDBOX} --workspace ws \
    --tap lo --namespace box --address 127.0.0.1`;

  test("serves as its own user, without a privilege", async () => {
    await waitUntil(listens);
    const status = await machine.run(`cat /proc/${await show(unit, "MainPID")}/status`);
    expect(status).toMatch(/^Uid:\t990\t990\t990\t990$/m);
    expect(status).toMatch(/^CapBnd:\t0+$/m);
    expect(
      await machine.run("stat -c '%U %a' /run/preview-connector/control.sock /var/lib/preview-connector"),
    ).toBe("preview-connector 600\npreview-connector 700\n");
  });

  test("lets it ask the kernel for the way to a guest, and not look into other namespaces", async () => {
    await machine.run(`${IP} netns add box && ${IP} -n box link set lo up`);
    const { stderr } = await machine.exec(attachInBox);
    expect(stderr).toMatch(/there is no lo in namespace box: .*Operation not permitted/);
  });

  test("drains at a restart, has its guest again, and with namespaces.conf sees other namespaces' taps", async () => {
    const dropIn = `/etc/systemd/system/${unit}.service.d/namespaces.conf`;
    await machine.put({ path: dropIn, content: await readFile("connector/systemd/namespaces.conf") });
    await machine.run(`systemctl daemon-reload; systemctl restart ${unit}`);
    await waitUntil(listens);
    expect(await journalOf(unit)).toContain('"guests":1,"msg":"ready"');
    const journal = await machine.run(`journalctl --no-pager -o cat -u ${unit}`);
    expect(journal).toContain('"msg":"draining"');
    expect(journal).toContain("Deactivated successfully");

    await machine.start("attach", attachInBox);
    await waitUntil(`grep -q box ${record}`);
    await waitUntil(`${IP} netns list-id | grep -q box`);
    await waitUntil(MONITOR);
    const monitor = await machine.run(MONITOR);
    await machine.run(`${IP} -n box link set lo down`);
    await waitUntil(`[ ! -e ${record} ]`);
    expect(await journalOf(unit)).toContain("tap gone, detaching");
    // Without its capability it ends at once, over and over.
    expect((await machine.exec(MONITOR)).stdout).toBe(monitor);
  });
});
