import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Environment } from "../../worker/environment.ts";
import { createTokenSecret } from "../../worker/policy/token-secret.ts";
import { parseSettings, SettingsError } from "../../worker/settings.ts";
import { API, environment, fetchEdge, freshIsolate, problemOf } from "./deployment.ts";

const SECRET = "c2VjcmV0LXRoYXQtbXVzdC1ub3QtbGVhaw";

/** Of the same slot as the one in use. */
const OTHER_SECRET = "b3RoZXItc2VjcmV0LW9mLTMyLWJ5dGVzLWF0LWxlYXN0";

/** The id of a request is random: it may contain a short value. */
const REQUEST_ID = /[0-9a-f]{8}-[0-9a-f-]{27}/g;

const OTHER_X = "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw";

describe("parseSettings()", () => {
  let logged: string;

  beforeEach(() => {
    logged = "";
    vi.spyOn(console, "error").mockImplementation((...values) => {
      logged += JSON.stringify(values).replace(REQUEST_ID, "");
    });
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  test.each<[keyof Environment, string | undefined]>([
    ["PREVIEW_DOMAIN", undefined],
    ["PREVIEW_DOMAIN", "Example.com"],
    ["PREVIEW_DOMAIN", "example.com:8787"],
    ["PREVIEW_DOMAIN", "https://example.com"],
    ["LINK_DOMAIN", "-example.com"],
    ["LINK_SECRET", undefined],
    ["LINK_SECRET", ""],
    ["LINK_SECRET", "A"],
    ["LINK_SECRET", `${SECRET}!`],
    ["LINK_SECRET", SECRET.slice(0, 30)],
    ["LINK_SECRET", `2:${SECRET}`],
    ["LINK_SECRET", `1:${SECRET.slice(0, 30)}`],
    ["LINK_SECRET_PREVIOUS", SECRET.slice(0, 30)],
    ["LINK_SECRET_PREVIOUS", OTHER_SECRET],
    ["PASS_SIGNING_KEY", undefined],
    ["PASS_SIGNING_KEY", SECRET],
    ["PASS_SIGNING_KEY", "{}"],
    ["PASS_SIGNING_KEY", JSON.stringify({ kty: "OKP", crv: "Ed25519", x: "AA", d: SECRET, kid: "k" })],
    ["PASS_SIGNING_KEY", JSON.stringify({ kty: "EC", crv: "P-256", x: "AA", d: SECRET, kid: "k" })],
    ["PASS_SIGNING_KEY_NEXT", SECRET],
    ["PASS_SIGNING_KEY_NEXT", JSON.stringify({ kty: "OKP", crv: "Ed25519", x: "AA", d: SECRET, kid: "k" })],
    ["PASS_SIGNING_KEY_NEXT", JSON.stringify({ kty: "OKP", crv: "Ed25519", x: OTHER_X, kid: "test" })],
    ["LOG_SAMPLE_RATE", "2.75"],
    ["LOG_SAMPLE_RATE", "-0.1"],
    ["LOG_SAMPLE_RATE", "often"],
    ["MAX_RATE_LIMIT", ""],
    ["MAX_RATE_LIMIT", "37"],
    ["MAX_RATE_LIMIT", "0.001,10"],
    ["MAX_RATE_LIMIT", "1e-310,10"],
    ["MAX_RATE_LIMIT", "10001,10"],
    ["MAX_RATE_LIMIT", "100,0"],
    ["MAX_RATE_LIMIT", "100,100001"],
    ["MAX_RATE_LIMIT", "NaN,10"],
    ["ABUSE_CONTACT", "abuse"],
    ["ABUSE_CONTACT", "javascript:alert(1)"],
    ["ABUSE_CONTACT", "http://example.com/abuse"],
    ["ADMIN_TOKEN_SHA256", undefined],
    ["ADMIN_TOKEN_SHA256", SECRET],
    ["ADMIN_TOKEN_SHA256", "A".repeat(64)],
  ])("responds with 503 and logs the name of a wrong %s, but no secret: %j", async (name, value) => {
    const { [name]: _left, ...rest } = environment;
    const wrong = (value === undefined ? rest : { ...rest, [name]: value }) as Environment;
    await expect(parseSettings(wrong)).rejects.toThrow(SettingsError);
    for (const url of [`${API}/v1/sandboxes`, `https://3000-${crypto.randomUUID()}.example.com/`]) {
      const response = await fetchEdge(url, {}, wrong);
      expect(response.headers.get("cache-control")).toBe("no-store");
      const problem = await problemOf(response);
      expect(problem).toMatchObject({ status: 503, code: "edge_misconfigured" });
      expect(JSON.stringify(problem)).not.toContain(name);
    }
    expect(logged).toContain(name);
    if (value) expect(logged).not.toContain(value);
    expect(logged).not.toContain(SECRET.slice(0, 12));
  });

  test("names every wrong variable at once", async () => {
    const wrong = freshIsolate({ LINK_SECRET: "", ADMIN_TOKEN_SHA256: "" });
    await expect(parseSettings(wrong)).rejects.toThrow(/LINK_SECRET .*; ADMIN_TOKEN_SHA256 /);
  });

  test("applies defaults, and accepts further API hostnames", async () => {
    const settings = await parseSettings(freshIsolate({ API_HOSTNAMES: "localhost,127.0.0.1" }));
    expect(settings.domains).toEqual({ previewDomain: "example.com", linkDomain: "preview.example.com" });
    expect([...settings.apiHostnames]).toEqual(["api.example.com", "localhost", "127.0.0.1"]);
    expect(settings.passKey.publicJwk).not.toHaveProperty("d");
    expect(settings.abuseContact).toBeUndefined();
    const { MAX_RATE_LIMIT: _limit, ...rest } = environment;
    expect((await parseSettings(rest)).maxRateLimit).toEqual({ perSecond: 100, burst: 1000 });
  });

  test.each([
    ["public", {}],
    ["private", { d: SECRET, alg: "other" }],
  ])("publishes a %s key beside the signing one, without its secret", async (_kind, more) => {
    const next = { kty: "OKP", crv: "Ed25519", x: OTHER_X, kid: "next" };
    const isolate = freshIsolate({ PASS_SIGNING_KEY_NEXT: JSON.stringify({ ...next, ...more }) });
    const { keys } = (await (await fetchEdge(`${API}/.well-known/jwks.json`, {}, isolate)).json()) as {
      keys: object[];
    };
    expect(keys).toEqual([expect.objectContaining({ kid: "test" }), { ...next, alg: "EdDSA", use: "sig" }]);
  });

  test.each(["abuse@example.com", "https://example.com/abuse"])(
    "accepts %s as ABUSE_CONTACT",
    async (contact) => {
      const settings = await parseSettings(
        freshIsolate({ ABUSE_CONTACT: contact, MAX_RATE_LIMIT: "0.5,20" }),
      );
      expect(settings.abuseContact).toBe(contact);
      expect(settings.maxRateLimit).toEqual({ perSecond: 0.5, burst: 20 });
    },
  );

  test("publishes a key once that is both signing and next", async () => {
    const { PASS_SIGNING_KEY } = environment;
    const settings = await parseSettings(freshIsolate({ PASS_SIGNING_KEY_NEXT: PASS_SIGNING_KEY ?? "" }));
    expect(settings.passJwks).toEqual([settings.passKey.publicJwk]);
  });

  test("responds to an unexpected failure with a bare 500", async () => {
    const POLICY = { get: () => Promise.reject(new Error(`broken: ${SECRET}`)) } as unknown as KVNamespace;
    const response = await fetchEdge(
      `${API}/v1/sandboxes`,
      { token: createTokenSecret("workspace") },
      freshIsolate({ POLICY }),
    );
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).toContain(`"code":"internal"`);
    expect(text).not.toContain("broken");
    expect(logged).toContain("broken");
  });
});
