import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { createTokenSecret } from "../../../worker/policy/token-secret.ts";
import { ADMIN_TOKEN, API, Deployment, fetchEdge, freshIsolate } from "../deployment.ts";

interface Operation {
  readonly operationId: string;
  readonly security: readonly Record<string, string[]>[];
}

const RUNS_PER_CALL = 60;

/** Parts of a path: valid, invalid, wrongly encoded, long. */
const segment = fc.oneof(
  fc.constantFrom(
    "acme",
    "UPPER",
    "%zz",
    "%00",
    "%F0%9F%98%80",
    "..%2f",
    "-".repeat(600),
    crypto.randomUUID(),
  ),
  fc.string({ minLength: 1, maxLength: 20 }).map(encodeSegment),
);

const query = fc.constantFrom(
  "",
  "?",
  "?limit=",
  "?limit=1e9",
  "?limit=NaN",
  "?cursor=%00",
  "?__proto__=1",
  "?a&a&a",
);

/** Members of calls, to get values of other types. */
const member = fc.constantFrom(
  ..."port ttl_seconds paths name org rate_limit max_rate_limit per_second burst origin public_key".split(
    " ",
  ),
  ..."launches template cut_previous sandbox_id generation workspace ports taken_at guests __proto__ x".split(
    " ",
  ),
  ..."role expires_at reason host workspaces expires_in_s replace".split(" "),
);
const value = fc.oneof(
  fc.constantFrom(
    0,
    -1,
    3000,
    1e308,
    "",
    "/",
    "acme",
    "https://h.test",
    "\u0000",
    "\ud800",
    crypto.randomUUID(),
  ),
  fc.jsonValue({ maxDepth: 2 }),
);
const body = fc.oneof(
  fc.dictionary(member, value, { maxKeys: 6 }).map((one) => JSON.stringify(one)),
  fc.jsonValue().map((one) => JSON.stringify(one)),
  fc.constantFrom("", "{", "null", "[".repeat(10_000), `{"a":1}{"b":2}`),
);

afterEach(() => {
  vi.restoreAllMocks();
});

function encodeSegment(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(".", "%2E");
}

test("no call responds to a strange request with 5xx, or with anything but JSON", async () => {
  const lines = vi.spyOn(console, "error").mockImplementation(() => {});
  const deployment = await Deployment.create({ per_second: 10_000, burst: 100_000 });
  const { id } = await deployment.attachSandbox([3000]);
  const { paths } = (await (await fetchEdge(`${API}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const isolate = freshIsolate();

  for (const { path, method, operation } of operations.filter(({ path }) => path.startsWith("/v1/"))) {
    const credential = Object.keys(operation.security[0] ?? {})[0];
    const tokens: Record<string, string> = {
      apiToken: deployment.token,
      orgToken: deployment.orgToken,
      enrolmentToken: createTokenSecret("enrolment"),
      adminToken: ADMIN_TOKEN,
      hostToken: await deployment.host.sign(),
    };
    const strange = fc.tuple(fc.infiniteStream(segment), query, body, fc.boolean());
    await fc.assert(
      fc.asyncProperty(strange, async ([segments, search, text, known]) => {
        const filled = path.replaceAll(/\{(\w+)\}/g, (_braces, name: string) => {
          if (name === "host" && credential === "hostToken") return deployment.host.id;
          if (known && name === "id") return id;
          if (known && name === "kind") return "sandboxes";
          if (known && name === "workspace") return deployment.workspace;
          if (known && name === "org" && credential !== "adminToken") return deployment.org;
          return segments.next().value ?? "x";
        });
        const response = await fetchEdge(
          API + filled + search,
          {
            method,
            ...(credential !== undefined && { token: tokens[credential] ?? "" }),
            ...(method !== "GET" && { body: text }),
          },
          isolate,
        );
        const seen = `${method} ${filled}${search} ${text.slice(0, 200)} → ${response.status}`;
        if (response.status !== 501 && response.status >= 500)
          throw new Error(`${seen} ${await response.text()}`);
        if (response.status === 204 || response.status === 307) return;
        JSON.parse(await response.text());
        expect(response.headers.get("content-type"), seen).toMatch(/^application\/(problem\+)?json$/);
      }),
      { numRuns: RUNS_PER_CALL, seed: 20_261_125 },
    );
  }
  expect(lines.mock.calls.filter(([line]) => (line as { event?: string }).event === "bug")).toEqual([]);
}, 120_000);
