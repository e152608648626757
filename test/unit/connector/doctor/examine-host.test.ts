import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createProgram } from "../../../../connector/commands/create-program.ts";
import type { Config } from "../../../../connector/config.ts";
import { parseConfig } from "../../../../connector/config.ts";
import type { Connector } from "../../../../connector/connector.ts";
import { startConnector } from "../../../../connector/connector.ts";
import { checkAccess } from "../../../../connector/doctor/check-access.ts";
import { checkCertificate } from "../../../../connector/doctor/check-certificate.ts";
import { checkGuests, judgeStatus } from "../../../../connector/doctor/check-connector.ts";
import { checkDescriptors, MIN_DESCRIPTORS } from "../../../../connector/doctor/check-descriptors.ts";
import { checkEdge } from "../../../../connector/doctor/check-edge.ts";
import { checkFiles } from "../../../../connector/doctor/check-files.ts";
import { checkNode, examineHost } from "../../../../connector/doctor/examine-host.ts";
import type { Finding } from "../../../../connector/doctor/finding.ts";
import { createHostKey } from "../../../../connector/edge/host-key.ts";
import { findFreePort } from "../../../../dev/find-free-port.ts";
import { createCertificate } from "../../../support/create-certificate.ts";

const DAY_MS = 24 * 3_600_000;

let folder: string;
let edge: http.Server;
let date: string | undefined;
let keys: unknown = [
  { kty: "OKP", crv: "Ed25519", kid: "k", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
];
let configFile: string;
let config: Config;
let connector: Connector;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "doctor-"));
  edge = http.createServer((_request, response) => {
    if (date !== undefined) response.setHeader("date", date);
    response.end(JSON.stringify({ keys, missing: [] }));
  });
  await new Promise<void>((resolve) => edge.listen(0, "127.0.0.1", resolve));
  const { cert, key } = await createCertificate();
  const other = await createCertificate(["other.test"]);
  await writeFile(join(folder, "cert.pem"), cert);
  await writeFile(join(folder, "key.pem"), key);
  await writeFile(join(folder, "other-key.pem"), other.key);
  await createHostKey(join(folder, "host-key.json"));
  config = parseConfig({
    hostId: "host-1",
    api: `http://127.0.0.1:${(edge.address() as AddressInfo).port}`,
    origin: "https://localhost:8443",
    listen: { host: "127.0.0.1", port: 0 },
    tls: { certificateFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") },
    keyFile: join(folder, "host-key.json"),
    stateDirectory: folder,
    controlSocket: join(folder, "control.sock"),
  });
  configFile = join(folder, "config.json");
  await writeFile(configFile, JSON.stringify(config));
  connector = await startConnector(config, pino({ level: "silent" }));
});

afterEach(() => {
  date = undefined;
  vi.restoreAllMocks();
  process.exitCode = 0;
});

afterAll(async () => {
  connector?.destroy();
  edge?.closeAllConnections();
  edge?.close();
  await rm(folder, { recursive: true, force: true });
});

/** What is wrong, as `check: text`; each has an advice. */
function faultsOf(findings: readonly Finding[]): string[] {
  const wrong = findings.filter(({ severity }) => severity !== "ok");
  for (const { advice } of wrong) expect(advice?.length).toBeGreaterThan(5);
  return wrong.map(({ check, severity, text }) => `${severity} ${check}: ${text}`);
}

describe("preview-connector doctor", () => {
  test("finds no fault on a host that serves", async () => {
    // The stage's certificate ends soon, and the test's own descriptors are few.
    const examine = async (): Promise<Finding[]> =>
      (await examineHost(configFile)).filter(({ check }) => !["certificate", "descriptors"].includes(check));
    await vi.waitFor(async () => expect(faultsOf(await examine())).toEqual([]), 10_000);
    const checks = new Set((await examine()).map(({ check }) => check));
    // Only root can find out what another user may read.
    checks.delete("access");
    expect([...checks].sort().join()).toBe(
      "DNS,clock,configuration,connector,edge,guests,host key,node,state,version",
    );
  });

  test("prints each fault with how to mend it, and ends with status 1", async () => {
    const lines: string[] = [];
    vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
    await createProgram().parseAsync(["doctor", "--config", join(folder, "none.json")], { from: "user" });
    expect(process.exitCode).toBe(1);
    expect(lines.join("\n")).toMatch(
      /fault {4}configuration: .*none.json.*\n +→ preview-connector enroll writes it/,
    );
  });
});

describe("checkAccess()", () => {
  test("names for root each file that the state directory's owner cannot read", async () => {
    const isRoot = process.getuid?.() === 0;
    const stateDirectory = join(folder, "state-of-another-user");
    await mkdir(stateDirectory);
    await chmod(folder, 0o711);
    const keyFile = join(folder, "key-of-root.json");
    await createHostKey(keyFile);
    if (isRoot) await chown(stateDirectory, 65_534, 65_534);
    const findings = await checkAccess({ ...config, stateDirectory, keyFile, tls: undefined }, configFile);
    const named = `fault access: ${keyFile} cannot be read by the connector's user (65534)`;
    expect(faultsOf(findings)).toEqual(isRoot ? [named] : []);
    if (isRoot) await chown(keyFile, 65_534, 65_534);
    expect(faultsOf(await checkAccess({ ...config, stateDirectory, keyFile }, configFile))).toEqual([]);
  });
});

describe("checkFiles()", () => {
  test("names a key that others can read, a damaged one, and a state directory that cannot be used", async () => {
    const keyFile = join(folder, "other-host-key.json");
    await createHostKey(keyFile);
    await chmod(keyFile, 0o644);
    expect(faultsOf(await checkFiles({ ...config, keyFile }))).toEqual([
      `fault host key: ${keyFile} can be read by others (mode 644)`,
    ]);
    await writeFile(keyFile, '{"kty":');
    const stateDirectory = join(keyFile, "state");
    const faults = faultsOf(await checkFiles({ ...config, keyFile, stateDirectory }));
    expect(faults[0]).toMatch(/host key: cannot read .*other-host-key.json/);
    expect(faults[1]).toMatch(/state: ENOTDIR/);
  });
});

describe("checkCertificate()", () => {
  const check = async (more: Partial<Config> = {}, aheadMs = 0): Promise<string[]> =>
    faultsOf([await checkCertificate({ ...config, ...more }, Date.now() + aheadMs)]);

  test("names one that ends soon, has ended, or has yet to begin", async () => {
    expect(await check()).toEqual(["warning certificate: it ends in 1 days"]);
    expect((await check({}, 3 * DAY_MS))[0]).toMatch(/^fault certificate: it ended on /);
    expect((await check({}, -DAY_MS))[0]).toMatch(/^fault certificate: it begins on /);
  });

  test("names one for another name, one without its key, and a missing file", async () => {
    const tls = { certificateFile: join(folder, "cert.pem"), keyFile: join(folder, "other-key.pem") };
    expect(await check({ origin: "https://host-1.test" })).toEqual([
      "fault certificate: it is not for host-1.test, the origin's name",
    ]);
    expect(await check({ tls })).toEqual(["fault certificate: its key is another one's"]);
    expect((await check({ tls: { ...tls, keyFile: join(folder, "none.pem") } }))[0]).toMatch(/ENOENT/);
  });
});

describe("checkEdge()", () => {
  test.each([
    [-90_000, "90 s ahead of"],
    [90_000, "90 s behind"],
  ])("names a clock that differs: the edge's is %i ms later", async (laterMs, words) => {
    date = new Date(Date.now() + laterMs).toUTCString();
    const [clock = ""] = faultsOf(await checkEdge(config));
    expect(clock.replace(/\d\d s/, "90 s")).toBe(`fault clock: it is ${words} the edge's`);
  });

  test("names a name that does not resolve, an edge that does not respond, and one without keys", async () => {
    const gone = `http://127.0.0.1:${await findFreePort()}`;
    const faults = faultsOf(await checkEdge({ ...config, api: gone, origin: "https://host-1.invalid" }));
    expect(faults[0]).toMatch(/^fault DNS: .*host-1.invalid/);
    expect(faults[1]).toMatch(/^fault edge: http:.* does not respond: .*ECONNREFUSED/);
    const former = keys;
    keys = [];
    expect(faultsOf(await checkEdge(config))[0]).toMatch(/^fault edge: .*jwks.json has no keys/);
    keys = former;
  });
});

describe("checkConnector()", () => {
  test("names a connector that does not run", async () => {
    await writeFile(
      join(folder, "stopped.json"),
      JSON.stringify({ ...config, controlSocket: join(folder, "none.sock") }),
    );
    const findings = await examineHost(join(folder, "stopped.json"));
    expect(faultsOf(findings).join("\n")).toMatch(/fault connector: no program responds on .*none.sock/);
  });

  test("judgeStatus() names another version, missing keys and heartbeats that fail", () => {
    const status = { hostId: "host-1", instance: "i", version: "0.0.1", edge: { failure: "401" }, keys: {} };
    const faults = faultsOf(judgeStatus(status, Date.now()));
    expect(faults[0]).toMatch(/no keys of the edge: not fetched yet/);
    expect(faults[1]).toMatch(/not heard by the edge: 401/);
    expect(faults[2]).toMatch(/warning version: version 0.0.1 runs as host-1, and .* is installed/);
  });

  test("checkGuests() names a guest whose tap is gone, and one that the edge refuses", async () => {
    const guest = {
      sandboxId: "520adace-5774-4e70-9e6d-e6111da63f08",
      workspace: "acme",
      address: "127.0.0.1",
      tap: "no-such-tap",
      generation: "1764088200000-1a2b3c4d" as const,
      ports: [],
      agentFollowed: false,
      edgeKnows: false,
      edgeRefusal: "another workspace",
    };
    const faults = faultsOf(await checkGuests([guest]));
    expect(faults[0]).toMatch(/fault guest: 520adace.*: the edge refuses it: another workspace/);
    expect(faults[1]).toMatch(/fault tap: 520adace.*: 127.0.0.1 is not routed over no-such-tap/);
  });
});

describe("checkDescriptors()", () => {
  test("names a process that may open too few, and one that has most of its share open", async () => {
    const start = async (limit: number, open: string): Promise<Finding> => {
      const child = spawn("sh", ["-c", `ulimit -n ${limit}; ${open} echo ready; read end`], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      const finding = await checkDescriptors([child.pid ?? 0]);
      child.kill("SIGKILL");
      return finding;
    };
    expect(faultsOf([await start(256, "")])[0]).toMatch(/a process may open 256, and 10 000 streams need/);
    const full = await start(8, "exec 4</dev/null 5</dev/null 6</dev/null 7</dev/null;");
    expect(faultsOf([full])[0]).toMatch(/process \d+ has \d of 8 open/);
    expect(MIN_DESCRIPTORS).toBeGreaterThan(20_000);
    expect(faultsOf([await checkDescriptors([2 ** 30])])[0]).toMatch(/they cannot be read/);
  });
});

describe("checkNode()", () => {
  test("refuses an older Node", () => {
    expect(faultsOf([checkNode("20.1.0")])).toEqual(["fault node: this is 20.1.0"]);
    expect(faultsOf([checkNode("24.9.0")])).toEqual([]);
  });
});
