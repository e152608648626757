import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { buildConnector } from "../../dev/build-connector.ts";
import { agentPackage } from "../../dev/package/agent-package.ts";
import { ARCHITECTURES } from "../../dev/package/architecture.ts";
import { createDeb } from "../../dev/package/archive/create-deb.ts";
import { findBundledPackages } from "../../dev/package/bundled-packages.ts";
import { connectorPackage } from "../../dev/package/connector-package.ts";
import { fetchNode } from "../../dev/package/fetch-node.ts";
import { buildSystemdImage } from "../../lab/image/build-systemd-image.ts";
import { Lab } from "../../lab/lab.ts";
import type { Machine } from "../../lab/machine/machine.ts";
import { AGENT_HEALTH_PATH } from "../../shared/protocol/agent-protocol.ts";
import { AgentClient } from "../support/lab/agent-client.ts";
import { labGet } from "../support/lab/lab-get.ts";

const UNITS = [
  "pandastack-agent.service",
  "pandastack-autostart.service",
  "preview-connector.service",
  "preview-connector-namespaces.socket",
];
const EPOCH_S = 1_000_000_000;
const PACKAGES_PORT = 8100;

/** Two programs of 127 MB each and an archive, in a file system in memory that may fill half of it. */
const MEMORY_MB = 1536;
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
  keyFile: "/var/lib/preview-connector/host-key.json",
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

let debs: Debs;
let lab: Lab;
let machine: Machine;
let agent: AgentClient;

beforeAll(async () => {
  lab = await Lab.create();
  const [image, packages] = await Promise.all([
    buildSystemdImage({
      kind: "bare",
      packages: ["iproute2", "dpkg", "tar", "libc-bin"],
      files: [
        { path: "/etc/pandastack/autostart.sh", content: HOOK, mode: 0o755 },
        { path: "/srv/index.html", content: "started by systemd" },
      ],
    }),
    buildPackages(),
  ]);
  debs = packages;
  machine = await lab.boot({ shape: "tap", image, agent: "none", processors: 2, memoryMb: MEMORY_MB });
  agent = new AgentClient(lab.gate, machine.address);
});

afterAll(() => lab?.[Symbol.asyncDispose]());

interface Debs {
  readonly agent: Buffer;
  readonly connector: Buffer;
  /** The same in another version. */
  readonly newConnector: Buffer;
}

async function buildPackages(): Promise<Debs> {
  const architecture = ARCHITECTURES.find(({ name }) => name === "amd64")!;
  const node = await fetchNode(architecture);
  const folder = await mkdtemp(join(tmpdir(), "microvm-systemd-"));
  try {
    const bundle = join(folder, "connector.mjs");
    const parts = await findBundledPackages(await buildConnector(bundle), ".");
    const namespaces = join(folder, "namespaces.mjs");
    await buildConnector(namespaces, "connector/namespaces/main.ts");
    const files = { bundle, namespaces, parts };
    const connector = (version: string) => connectorPackage({ architecture, node, version }, files);
    const [oldConnector, newConnector] = [await connector("1.0.0"), await connector("1.0.1")];
    return {
      agent: await createDeb(await agentPackage({ architecture, node, version: "1.0.0" }), EPOCH_S),
      connector: await createDeb(oldConnector, EPOCH_S),
      newConnector: await createDeb(newConnector, EPOCH_S),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** By dpkg's own path, because busybox's shell prefers a `dpkg` of its own. */
function dpkg(args: string): Promise<string> {
  return machine.run(`PATH=/usr/sbin:/usr/bin:/sbin:/bin /usr/bin/dpkg ${args}`);
}

/** The machine fetches the package over its network, which takes a tenth of the time of its command port. */
async function install(deb: Buffer): Promise<void> {
  const { gateway } = machine.network;
  const server = await lab.gate.listen(gateway, PACKAGES_PORT);
  server.on("connection", (socket) => {
    socket.once("data", () => socket.end(Buffer.concat([Buffer.from("HTTP/1.0 200 OK\r\n\r\n"), deb])));
  });
  await machine.run(`wget -q -O /root/package.deb http://${gateway}:${PACKAGES_PORT}/`);
  await once(server.close(), "close");
  await dpkg("--install /root/package.deb");
  await machine.run("rm /root/package.deb");
}

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

test("packages install on a system without Node, and have their units enabled", async () => {
  expect((await machine.exec("command -v node")).status).not.toBe(0);
  await install(debs.agent);
  await install(debs.connector);
  expect(await machine.run(`systemctl is-enabled ${UNITS.join(" ")}`)).toBe("enabled\n".repeat(UNITS.length));
});

test("systemd finds nothing to complain about in the units", async () => {
  expect(await machine.exec(`systemd-analyze --man=no verify ${UNITS.join(" ")}`)).toEqual({
    status: 0,
    stdout: "",
    stderr: "",
  });
});

describe("pandastack-agent.service", () => {
  test("has the agent respond to its gateway, without a privilege", async () => {
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
  test("has the hook's server respond", async () => {
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
  const helper = "preview-connector-namespaces";
  const record = `${CONFIG.stateDirectory}/guests/${SANDBOX}.json`;
  /** Its RuntimeDirectory goes when it ends, and the socket with it. */
  const listens = "[ -S /run/preview-connector/control.sock ]";
  /** What dpkg runs after it has unpacked another version, and in an installation after a removal. */
  const configure = `/var/lib/dpkg/info/${unit}.postinst configure 0.9.0`;
  const attachInBox = `preview-connector attach --sandbox ${SANDBOX} --workspace ws \
    --tap lo --namespace box --address 127.0.0.1`;

  test("is not started before its host is enrolled", async () => {
    expect(await show(unit, "ActiveState")).toBe("inactive");
    expect(await show(unit, "ConditionResult")).toBe("no");
    expect(await machine.run("stat -c '%U:%G %a' /etc/preview-connector /var/lib/preview-connector")).toBe(
      "root:preview-connector 750\npreview-connector:preview-connector 700\n",
    );
  });

  test("stays disabled at an upgrade, where an operator has disabled it", async () => {
    await machine.run(`systemctl disable ${unit}; ${configure}`);
    expect(await show(unit, "UnitFileState")).toBe("disabled");
    await machine.run(`systemctl enable ${unit}`);
  });

  test("serves as its own user, without a privilege", async () => {
    await machine.put({ path: "/etc/preview-connector/config.json", content: JSON.stringify(CONFIG) });
    await machine.put({ path: CONFIG.keyFile, content: JSON.stringify(HOST_KEY) });
    const attached = `${CONFIG.stateDirectory}/guests/${ATTACHED.sandboxId}.json`;
    await machine.put({ path: attached, content: JSON.stringify(ATTACHED) });
    await machine.run(`chown -R ${unit}: ${CONFIG.stateDirectory}; systemctl start ${unit}`);
    await waitUntil(listens);
    const status = await machine.run(`cat /proc/${await show(unit, "MainPID")}/status`);
    expect(status).toContain(
      `\nUid:\t${Array(4)
        .fill((await machine.run(`id -u ${unit}`)).trim())
        .join("\t")}\n`,
    );
    expect(status).toMatch(/^CapBnd:\t0+$/m);
    expect(
      await machine.run("stat -c '%U %a' /run/preview-connector/control.sock /var/lib/preview-connector"),
    ).toBe("preview-connector 600\npreview-connector 700\n");
  });

  test("reloads in the same unit process, and serves on where its configuration is bad", async () => {
    const file = "/etc/preview-connector/config.json";
    const pid = await show(unit, "MainPID");
    await machine.run(`systemctl reload ${unit}`);
    expect(await journalOf(unit)).toMatch(/"generation":2,"workers":1,"former":1,"msg":"reloaded"/);
    await machine.run(`cp -p ${file} /tmp/config.json; echo '{' >${file}`);
    expect((await machine.exec(`systemctl reload ${unit}`)).status).not.toBe(0);
    await machine.run(`cat /tmp/config.json >${file}`);
    await waitUntil(listens);
    expect(await show(unit, "MainPID")).toBe(pid);
  });

  test("drains at a stop, and has its guest again when its package starts it", async () => {
    await machine.run(`systemctl stop ${unit}; ${configure}`);
    await waitUntil(listens);
    expect(await journalOf(unit)).toContain('"guests":1,"msg":"serving"');
    const journal = await machine.run(`journalctl --no-pager -o cat -u ${unit}`);
    expect(journal).toContain('"msg":"draining"');
    expect(journal).toContain("Deactivated successfully");
  });

  test("sees other namespaces' taps through its helper, which is not started before", async () => {
    expect(await show(helper, "ActiveState")).toBe("inactive");
    await machine.run(`${IP} netns add box && ${IP} -n box link set lo up`);
    await machine.start("attach", attachInBox);
    await waitUntil(`grep -q box ${record}`);
    await waitUntil(`${IP} netns list-id | grep -q box`);
    await waitUntil(MONITOR);
    const monitor = await machine.run(MONITOR);
    // Only now the connector takes what the monitor reports.
    await machine.run(`${IP} -n box link set lo down`);
    await waitUntil(`[ ! -e ${record} ]`);
    expect(await journalOf(unit)).toContain("tap gone, detaching");
    // Without its capability it ends at once, over and over.
    expect((await machine.exec(MONITOR)).stdout).toBe(monitor);
  });

  test("leaves the capabilities to the helper, which only its user can ask", async () => {
    const status = await machine.run(`cat /proc/${await show(unit, "MainPID")}/status`);
    expect(status).toMatch(/^CapEff:\t0+$/m);
    // NET_BROADCAST, NET_ADMIN and SYS_ADMIN are bits 11, 12 and 21 (capability.h).
    const helperStatus = await machine.run(`cat /proc/${await show(helper, "MainPID")}/status`);
    expect(helperStatus).toMatch(/^CapEff:\t0000000000201800$/m);
    expect(helperStatus).toMatch(/^CapBnd:\t0000000000201800$/m);
    expect(helperStatus).not.toMatch(/^Uid:\t0\t/m);
    expect(await machine.run("stat -c '%U %a' /run/preview-connector-namespaces.sock")).toBe(`${unit} 600\n`);
  });

  test("goes over to an upgrade's processes without a restart, and keeps its guests", async () => {
    const hosts = "ps -o pid,args | grep '[r]un-host'";
    const [supervisor, before] = [await show(unit, "MainPID"), await machine.run(hosts)];
    await install(debs.newConnector);
    expect(await dpkg(`--status ${unit}`)).toContain("Version: 1.0.1\n");
    expect(await show(unit, "MainPID")).toBe(supervisor);
    await waitUntil(`[ "$(${hosts} | wc -l)" = 1 ]`);
    expect(await machine.run(hosts)).not.toBe(before);
    expect(await machine.run("preview-connector list")).toContain(ATTACHED.sandboxId);
  });

  test("ends with its package, whose removal keeps configuration and state", async () => {
    await dpkg(`--remove ${unit}`);
    expect(await show(unit, "ActiveState")).toBe("inactive");
    expect(await show(unit, "LoadState")).toBe("not-found");
    // So the next installation starts it again.
    expect(await machine.run("ls /etc/systemd/system/multi-user.target.wants")).toContain(`${unit}.service`);
    expect(await machine.run(`ls ${CONFIG.stateDirectory} /etc/preview-connector`)).toMatch(
      /config\.json\n(?:.*\n)*guests\nhost-key\.json\n/,
    );
  });

  test("leaves nothing but its user when its package is purged", async () => {
    await dpkg(`--purge ${unit}`);
    const wants = "/etc/systemd/system/*.wants/preview-connector*";
    const left = `ls -d ${CONFIG.stateDirectory} /etc/preview-connector /usr/lib/preview-connector /run/preview-connector ${wants}`;
    expect((await machine.exec(left)).stdout).toBe("");
    expect(await machine.run(`id -un ${unit}`)).toBe(`${unit}\n`);
  });
});

describe("the agent's package", () => {
  test("starts its new agent in an upgrade, and leaves the hook's server alone", async () => {
    await machine.run("systemctl start pandastack-autostart");
    const [agentPid, hookPid] = [
      await show("pandastack-agent", "MainPID"),
      await show("pandastack-autostart", "MainPID"),
    ];
    // What dpkg runs after it has unpacked the new version.
    await machine.run("/var/lib/dpkg/info/pandastack-agent.postinst configure 1.0.0");
    await waitForAgent();
    expect(await show("pandastack-agent", "MainPID")).not.toBe(agentPid);
    expect(await show("pandastack-autostart", "MainPID")).toBe(hookPid);
  });

  test("ends both units in its removal, and keeps the image's own hook", async () => {
    await dpkg("--purge pandastack-agent");
    expect(await show("pandastack-agent", "LoadState")).toBe("not-found");
    expect((await machine.exec("pidof pandastack-agent httpd")).stdout).toBe("");
    expect(await machine.run("ls /etc/pandastack /etc/systemd/system/multi-user.target.wants")).not.toContain(
      "pandastack-",
    );
    await machine.run("[ -x /etc/pandastack/autostart.sh ]");
  });
});
