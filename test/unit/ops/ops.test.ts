import { execFileSync, spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parseConfig } from "../../../connector/config.ts";
import type { Connector } from "../../../connector/connector.ts";
import { startConnector } from "../../../connector/connector.ts";
import { createHostKey } from "../../../connector/edge/host-key.ts";
import { findFreePort } from "../../../dev/find-free-port.ts";
import { createCertificate } from "../../support/create-certificate.ts";
import { installPromtool } from "../../support/ops/install-promtool.ts";

const METRIC = /\bpreview_connector_\w+/g;

let folder: string;
let edge: http.Server;
let connector: Connector;
let promtool: string;
/** Of a connector that runs, has a certificate, and has refused a request. */
let scrape: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ops-"));
  edge = http.createServer((_request, response) => response.end('{"keys":[],"missing":[]}'));
  await new Promise<void>((resolve) => edge.listen(0, "127.0.0.1", resolve));
  const monitoring = { port: await findFreePort() };
  const [certificateFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const { cert, key } = await createCertificate();
  await writeFile(certificateFile, cert);
  await writeFile(keyFile, key);
  await createHostKey(join(folder, "host-key.json"));
  const config = parseConfig({
    hostId: "host-1",
    api: `http://127.0.0.1:${(edge.address() as AddressInfo).port}`,
    origin: "https://127.0.0.1:8443",
    listen: { host: "127.0.0.1", port: 0 },
    tls: { certificateFile, keyFile },
    keyFile: join(folder, "host-key.json"),
    stateDirectory: folder,
    controlSocket: join(folder, "control.sock"),
    monitoring,
  });
  connector = await startConnector(config, pino({ level: "silent" }));
  const read = async (): Promise<string> =>
    (await fetch(`http://127.0.0.1:${monitoring.port}/metrics`)).text();
  await vi.waitFor(
    async () => expect(await read()).toMatch(/^preview_connector_edge_keys_age_seconds /m),
    10_000,
  );
  scrape = await read();
  promtool = await installPromtool();
}, 120_000);

afterAll(async () => {
  connector?.destroy();
  edge?.closeAllConnections();
  edge?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Names of a scrape: a histogram has three. */
function namesOf(text: string): Set<string> {
  const names = new Set<string>();
  for (const [, name = "", type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    if (type !== "histogram") names.add(name);
    else for (const suffix of ["_bucket", "_sum", "_count"]) names.add(name + suffix);
  }
  return names;
}

describe("ops/", () => {
  test.each(globSync(["ops/grafana/*.json", "ops/prometheus/*.yml"]))(
    "%s names only metrics that a running connector has",
    (path) => {
      const named = readFileSync(path, "utf8").match(METRIC) ?? [];
      expect(named.length).toBeGreaterThan(5);
      const known = namesOf(scrape);
      expect(named.filter((name) => !known.has(name))).toEqual([]);
    },
  );

  test("the dashboards are JSON, and each panel has a query", () => {
    for (const path of globSync("ops/grafana/*.json")) {
      const { panels } = JSON.parse(readFileSync(path, "utf8")) as {
        panels: { targets: { expr: string }[] }[];
      };
      for (const { targets } of panels) expect(targets[0]?.expr).toMatch(METRIC);
    }
  });

  test("promtool accepts the alert rules, and refuses a damaged one", async () => {
    expect(
      execFileSync(promtool, ["check", "rules", "ops/prometheus/alerts.yml"], { encoding: "utf8" }),
    ).toContain("SUCCESS");
    const damaged = join(folder, "damaged.yml");
    await writeFile(damaged, readFileSync("ops/prometheus/alerts.yml", "utf8").replace("== 0", "== ("));
    expect(spawnSync(promtool, ["check", "rules", damaged]).status).not.toBe(0);
  });

  test("PreviewEdgeKeysOld fires for keys that end soon, and for a connector that never had any", async () => {
    const host = (name: string) => `instance="${name}",job="preview-connector"`;
    const series = [
      [`preview_connector_info{${host("good")}}`, "1+0x10"],
      [`preview_connector_edge_keys_usable_seconds{${host("good")}}`, "86000+0x10"],
      [`preview_connector_info{${host("old")}}`, "1+0x10"],
      [`preview_connector_edge_keys_usable_seconds{${host("old")}}`, "600-60x10"],
      [`preview_connector_info{${host("none")}}`, "1+0x10"],
    ].map(([name, values]) => ({ series: name, values }));
    const expr = 'count by (instance) (ALERTS{alertname="PreviewEdgeKeysOld",alertstate="firing"})';
    const fires = ["none", "old"].map((name) => ({ labels: `{instance="${name}"}`, value: 1 }));
    const tests = {
      rule_files: [join(process.cwd(), "ops/prometheus/alerts.yml")],
      evaluation_interval: "1m",
      tests: [
        {
          interval: "1m",
          input_series: series,
          promql_expr_test: [{ expr, eval_time: "5m", exp_samples: fires }],
        },
      ],
    };
    const file = join(folder, "rules-test.yml");
    // JSON is YAML, too.
    await writeFile(file, JSON.stringify(tests));
    const ran = spawnSync(promtool, ["test", "rules", file], { encoding: "utf8" });
    expect(ran.stdout + ran.stderr).toContain("SUCCESS");
  });

  test("promtool finds no fault in a scrape", () => {
    const checked = spawnSync(promtool, ["check", "metrics"], { input: scrape, encoding: "utf8" });
    expect(checked.stderr + checked.stdout).toBe("");
    expect(checked.status).toBe(0);
  });

  test("a scrape's labels are of our own making, and bounded", () => {
    const labels = new Set(Array.from(scrape.matchAll(/[{,](\w+)="/g), ([, label]) => label));
    expect([...labels].sort()).toEqual([
      "code",
      "direction",
      "edge",
      "event",
      "host",
      "le",
      "percentile",
      "version",
    ]);
    expect(scrape.split("\n").length).toBeLessThan(250);
  });
});
