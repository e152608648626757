import { once } from "node:events";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import * as net from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFreePort } from "../../../dev/find-free-port.ts";
import { StartCopy } from "../../support/start/start-copy.ts";

const STACK = /^ +at .*:\d+/m;

let copy: StartCopy;
let port: number;

beforeAll(async () => {
  copy = await StartCopy.create();
  port = await findFreePort();
});
afterAll(() => copy?.[Symbol.asyncDispose]());

/** Runs `npm start` to its end, which is a failure that a person can mend. */
async function fail(args: readonly string[], options = {}): Promise<string> {
  const run = copy.start(args, options);
  expect(await run.untilEnded(), run.output).toBe(1);
  expect(run.output).not.toMatch(STACK);
  return run.output;
}

describe("npm start in a folder with spaces, by a user without HOME", () => {
  test("shows the demo, logs requests, opens the browser, refuses a second start, and SIGTERM to npm ends it all", async () => {
    const programs = join(copy.folder, "programs");
    await mkdir(programs);
    const opened = join(copy.folder, "opened");
    await writeFile(opened, "");
    await chmod(opened, 0o666);
    await writeFile(join(programs, "xdg-open"), `#!/bin/sh\nprintf %s "$1" > "${opened}"\n`, { mode: 0o755 });
    const env = { PATH: `${programs}:${process.env.PATH}` };
    const run = copy.start(["--port", `${port}`, "--log-requests", "--open"], { env });
    const [, url = ""] = await run.untilPrinted(/Public URL +(\S+)/);
    const [, link = "", token = ""] = await run.untilPrinted(/Signed link +(http:\/\/(\w+)\S+)/);
    expect(new URL(url).hostname).not.toMatch(/^3000-/);
    await run.untilPrinted(/Ctrl-C/);

    const visit = (to: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}${new URL(to).pathname}`, { headers: { host: new URL(to).host } });
    await visit(`${url}/some/page`);
    expect((await run.untilPrinted(/GET \S+some\/page \d+ \d+ ms/))[0]).toMatch(/ \d{3} \d+ ms$/);
    await visit(`${link}/by-link`);
    const [line] = await run.untilPrinted(/GET \S+by-link.*/);
    expect(line).not.toContain(token);
    await expect.poll(() => readFile(opened, "utf8")).toBe(url);

    const refused = await fail(["--port", `${await findFreePort()}`]);
    expect(refused).toContain(`kill ${run.find("dev/start/main.ts")}`);

    run.child.kill("SIGTERM");
    await run.untilEnded();
    expect(run.processes()).toEqual([]);
  });

  test("starts again at once after all of its processes but workerd, connector and demo were killed", async () => {
    const first = copy.start(["--port", `${port}`, "--json"]);
    const [before] = await first.untilPrinted(/\{.*\}\n/);
    for (const part of ["dev/edge/main.ts", "dev/start/main.ts", "dev/bootstrap.mjs"])
      process.kill(first.find(part), "SIGKILL");
    const second = copy.start(["--port", `${port}`, "--json"]);
    const [after] = await second.untilPrinted(/\{.*\}\n/);
    expect(second.output).toContain("which was killed");
    expect(JSON.parse(after).previewUrl).toBe(JSON.parse(before).previewUrl);
    // npm has no time to pass this on.
    second.child.kill("SIGKILL");
    await expect.poll(() => second.processes(), { timeout: 20_000 }).toEqual([]);
  });
});

describe("npm start says what to do, without a stack trace, when", () => {
  test("its port is in use", async () => {
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    expect(await fail(["--port", `${(server.address() as net.AddressInfo).port}`])).toMatch(
      /Port \d+ is in use .* npm start -- --port \d+/,
    );
    server.close();
  });

  test("its port is kept for root", async () => {
    const firstFree = Number(await readFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"));
    const output = await fail(["--port", `${firstFree - 1}`]);
    expect(output).toMatch(/You may not listen on port \d+.* npm start -- --port 8787/);
  });

  test("its state directory cannot be written", async () => {
    const output = await fail(["--state", "package.json/preview"]);
    expect(output).toMatch(/package\.json\/preview.* cannot be used \(\w+\).*--state/);
    const foreign = join(copy.folder, "foreign");
    await mkdir(foreign, { mode: 0o755 });
    expect(await fail(["--state", foreign])).toMatch(/foreign\/lock cannot be used \(EACCES\)/);
  });

  test.each(["secrets.json", "connector/host-key.json"])("%s is half-written", async (name) => {
    const file = join(copy.folder, ".preview", name);
    const whole = await readFile(file, "utf8");
    await writeFile(file, whole.slice(0, whole.length / 2));
    expect(await fail(["--port", `${port}`])).toMatch(
      new RegExp(`cannot read .*${name}: .* Remove that file`),
    );
    await writeFile(file, whole);
  });

  test("--microvm lacks root, qemu, iptables and iproute2, each by its name, before anything starts", async () => {
    const output = await fail(["--microvm", "--state", "never-made"]);
    expect(output).toContain("sudo npm start -- --microvm");
    expect(output).not.toContain("edge:");
  });

  test("a package is missing in node_modules and cannot be installed by this user", async () => {
    const hono = join(copy.folder, "node_modules", "hono");
    await rename(hono, `${hono}-away`);
    expect(await fail([])).toMatch(
      /dependencies have to be installed, and you cannot write in .*node_modules/,
    );
    await rename(`${hono}-away`, hono);
  });
});
