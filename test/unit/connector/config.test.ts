import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError, parseConfig, readConfig } from "../../../connector/config.ts";

const CONFIG = {
  hostId: "host-1",
  api: "https://api.example.com",
  origin: "https://host-1.example.net:8443",
  listen: { host: "::", port: 8443 },
  keyFile: "key.json",
  stateDirectory: "state",
  controlSocket: "control.sock",
};

describe("parseConfig()", () => {
  test("gives a whole configuration back", () => {
    expect(parseConfig(CONFIG)).toEqual({ ...CONFIG, allowLoopbackGuests: false, limits: {} });
  });

  test("reduces URLs to their origins and applies defaults", () => {
    const config = parseConfig({ ...CONFIG, api: "https://api.example.com/v1/", listen: { port: 0 } });
    expect(config.api).toBe("https://api.example.com");
    expect(config.listen).toEqual({ host: "::", port: 0 });
  });

  test.each([
    ["hostId", { hostId: "Host 1" }, /^hostId: must be 1–63 of a-z, 0-9, _ and -, was "Host 1"$/],
    ["api", { api: "api.example.com" }, /^api: .*, was "api\.example\.com"$/],
    ["api", { api: "ftp://example.com" }, /^api: .*, was "ftp:\/\/example\.com"$/],
    ["api", { api: "http://api.example.com" }, /^api: must be https, except on loopback, was "http:/],
    ["origin", { origin: 5 }, /^origin: .*, was 5$/],
    ["listen.port", { listen: { port: 65_536 } }, /^listen\.port: .*65535.*, was 65536$/],
    ["listen.port", { listen: { port: "8443" } }, /^listen\.port: .*, was "8443"$/],
    ["tls.keyFile", { tls: { certificateFile: "c" } }, /^tls\.keyFile: /],
    ["an unknown option", { listenPort: 1 }, /^configuration: .*"listenPort"/],
  ])("names %s, what it must be, and what it was", (_option, change, message) => {
    expect(() => parseConfig({ ...CONFIG, ...change })).toThrow(ConfigError);
    expect(() => parseConfig({ ...CONFIG, ...change })).toThrow(message);
  });

  test.each(["http://127.0.0.1:8787", "http://[::1]:8787", "http://api.localhost:8787"])(
    "accepts the API at %s",
    (api) => {
      expect(parseConfig({ ...CONFIG, api }).api).toBe(api);
    },
  );

  test("names every option that is wrong", () => {
    expect(() => parseConfig({ ...CONFIG, hostId: "", keyFile: 1 })).toThrow(/hostId: .*; keyFile: .*/);
  });

  test.each([undefined, null, [], "text"])("refuses %j", (value) => {
    expect(() => parseConfig(value)).toThrow(/^configuration: /);
  });
});

describe("readConfig()", () => {
  test("names a file that is missing, or is not JSON", async () => {
    const directory = await mkdtemp(join(tmpdir(), "config-"));
    const file = join(directory, "config.json");
    await expect(readConfig(file)).rejects.toThrow(ConfigError);
    await expect(readConfig(file)).rejects.toThrow(/config\.json: ENOENT/);
    await writeFile(file, "{");
    await expect(readConfig(file)).rejects.toThrow(/config\.json: .*JSON/);
    await writeFile(file, JSON.stringify(CONFIG));
    expect(await readConfig(file)).toEqual({ ...CONFIG, allowLoopbackGuests: false, limits: {} });
    await rm(directory, { recursive: true });
  });
});
