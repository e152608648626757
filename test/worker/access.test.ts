import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MAX_PORTS_WITH_SETTINGS } from "../../shared/access.ts";
import { PASS_MAX_ACCEPTANCE_MS } from "../../shared/protocol/pass.ts";
import {
  ADMIN_TOKEN,
  API,
  createGeneration,
  Deployment,
  fetchEdge,
  freshIsolate,
  problemOf,
} from "./deployment.ts";

const NOW_MS = 1_800_000_000_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Also ends the leases and refusals that the isolate remembers. */
function elapse(ms = 6_000): void {
  vi.setSystemTime(Date.now() + ms);
}

function visit(id: string, port = 3000, headers: Record<string, string> = {}): Promise<Response> {
  return fetchEdge(`https://${port}-${id}.example.com/`, { headers }, freshIsolate());
}

async function codeOf(response: Response | Promise<Response>): Promise<string | null> {
  return (await response).headers.get("preview-error");
}

async function put(deployment: Deployment, path: string, body: unknown): Promise<unknown> {
  const response = await deployment.call("PUT", path, body);
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

describe("PUT /v1/sandboxes/{id}/ports/{port}", () => {
  test("changes what is named, keeps the rest, and answers all of it; DELETE resets", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox([3000, 8080]);
    const path = `sandboxes/${id}/ports/3000`;
    const defaults = {
      port: 3000,
      access: "public",
      host_policy: "local",
      scheme: "http",
      label: "",
      capture: null,
    };
    expect(await put(deployment, path, { host_policy: "public", label: "Shop" })).toEqual({
      ...defaults,
      host_policy: "public",
      label: "Shop",
    });
    const all = { ...defaults, access: "private", host_policy: "public", scheme: "https", label: "Shop" };
    expect(await put(deployment, path, { access: "private", scheme: "https" })).toEqual(all);
    expect(await put(deployment, path, {})).toEqual(all);
    await put(deployment, `sandboxes/${id}/ports/9000`, { label: "later" });
    const listed = await deployment.call("GET", `sandboxes/${id}/ports`);
    expect(await listed.json()).toEqual({
      ports: [
        { ...all, listening: true },
        { ...defaults, port: 8080, listening: true },
        { ...defaults, port: 9000, label: "later", listening: false },
      ],
    });
    expect((await deployment.call("DELETE", path)).status).toBe(204);
    expect((await deployment.call("DELETE", path)).status).toBe(204);
    expect(await put(deployment, path, {})).toEqual(defaults);
    expect(await put(deployment, `sandboxes/${id}/ports/9000`, { label: "" })).toMatchObject({ label: "" });
  });

  test("holds for the next start of the sandbox, and can be made while one with settings is stopped", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox([3000]);
    await put(deployment, `sandboxes/${id}/ports/4000`, { access: "private" });
    await deployment.host.detach(id, generation);
    await put(deployment, `sandboxes/${id}/ports/3000`, { access: "private" });
    await deployment.host.attach(deployment.workspace, id, createGeneration(NOW_MS + 1), [3000, 4000]);
    expect(await codeOf(visit(id))).toBe("sandbox_not_found");
    expect(await codeOf(visit(id, 4000))).toBe("sandbox_not_found");
  });

  test("finds no stopped sandbox that has neither settings nor links", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox([3000]);
    await deployment.host.detach(id, generation);
    const response = await deployment.call("PUT", `sandboxes/${id}/ports/3000`, { access: "private" });
    expect(await codeOf(response)).toBe("sandbox_not_found");
  });

  test("travels in the pass", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox([3000, 4000]);
    expect(await (await visit(id)).json()).not.toHaveProperty("terms");
    await put(deployment, `sandboxes/${id}/ports/3000`, { host_policy: "public", scheme: "https" });
    expect(await (await visit(id)).json()).toMatchObject({
      terms: { hostPolicy: "public", scheme: "https" },
    });
    await put(deployment, `sandboxes/${id}/ports/4000`, { access: "private" });
    await put(deployment, `sandboxes/${id}/access`, { loopback: "off" });
    expect(await (await visit(id)).json()).toMatchObject({
      terms: { hostPolicy: "public", scheme: "https", loopback: "off", listed: [3000] },
    });
  });

  test.each([
    ["an unknown access", { access: "open" }, "/access"],
    ["an unknown policy", { host_policy: "both" }, "/host_policy"],
    ["an unknown scheme", { scheme: "h2" }, "/scheme"],
    ["a label that is too long", { label: "x".repeat(65) }, "/label"],
    ["a label with a control character", { label: "a\u0000b" }, "/label"],
    ["a label with a line end", { label: "a\nb" }, "/label"],
    ["a label with half of a pair", { label: "\ud800" }, "/label"],
    ["a label that is no text", { label: null }, "/label"],
    ["an unknown member", { acces: "off" }, "/acces"],
  ])("refuses %s by name", async (_case, body, path) => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const problem = await problemOf(await deployment.call("PUT", `sandboxes/${id}/ports/3000`, body));
    expect(problem).toMatchObject({ status: 400, code: "request_invalid", errors: [{ path }] });
  });

  test.each(["0", "65536", "03000", "x", "3000.5", "1e3", "20222"])("refuses the port %s", async (port) => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const problem = await problemOf(await deployment.call("PUT", `sandboxes/${id}/ports/${port}`, {}));
    expect(problem).toMatchObject({ status: 400, code: "request_invalid", errors: [{ path: "{port}" }] });
  });

  test("is not found for another workspace's sandbox, and for one that never was", async () => {
    const [owner, other] = [await Deployment.create(), await Deployment.create()];
    const { id } = await owner.attachSandbox();
    for (const [method, path] of [
      ["PUT", `sandboxes/${id}/ports/3000`],
      ["DELETE", `sandboxes/${id}/ports/3000`],
      ["PUT", `sandboxes/${crypto.randomUUID()}/ports/3000`],
      ["PUT", `sandboxes/${id}/access`],
      ["GET", `sandboxes/${id}/access`],
      ["DELETE", `sandboxes/${id}/access`],
    ] as const)
      expect(await codeOf(other.call(method, path, method === "PUT" ? {} : undefined))).toBe(
        "sandbox_not_found",
      );
  });

  test("is for developers, not for viewers", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const viewer = await deployment.createToken({ role: "viewer" });
    const developer = await deployment.createToken({ role: "developer" });
    const path = `sandboxes/${id}/ports/3000`;
    expect(await codeOf(deployment.call("PUT", path, { access: "off" }, viewer))).toBe("forbidden");
    expect((await deployment.call("PUT", path, { access: "off" }, developer)).status).toBe(200);
    expect((await deployment.call("GET", `sandboxes/${id}/access`, undefined, viewer)).status).toBe(200);
  });

  test(`refuses settings for more than ${MAX_PORTS_WITH_SETTINGS} ports, until one is reset`, async () => {
    const deployment = await Deployment.create({ per_second: 1000, burst: 1000 });
    const { id } = await deployment.attachSandbox();
    for (let port = 1; port <= MAX_PORTS_WITH_SETTINGS; port++)
      await put(deployment, `sandboxes/${id}/ports/${port}`, { label: "x" });
    const more = () => deployment.call("PUT", `sandboxes/${id}/ports/3000`, { label: "x" });
    expect(await codeOf(more())).toBe("conflict");
    expect((await deployment.call("PUT", `sandboxes/${id}/ports/1`, { label: "y" })).status).toBe(200);
    await deployment.call("DELETE", `sandboxes/${id}/ports/1`);
    expect((await more()).status).toBe(200);
  });
});

describe("access by default", () => {
  test("is what the port says, then the sandbox, the attach, the workspace, then public", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox([3000], { access: "off" });
    const { workspace } = deployment;
    const show = async () => (await deployment.call("GET", `sandboxes/${id}/access`)).json();
    expect(await show()).toEqual({ access: "off", source: "attach", loopback: "on" });
    expect(await codeOf(visit(id))).toBe("sandbox_not_found");
    await put(deployment, `sandboxes/${id}/access`, { access: "public" });
    expect(await codeOf(visit(id))).toBeNull();
    await put(deployment, `sandboxes/${id}/ports/3000`, { access: "private" });
    expect(await codeOf(visit(id))).toBe("sandbox_not_found");
    expect(await codeOf(visit(id, 4000))).toBeNull();
    expect(await (await deployment.call("DELETE", `sandboxes/${id}/access`)).json()).toMatchObject({
      source: "attach",
    });
    const other = await deployment.attachSandbox([3000]);
    expect(await codeOf(visit(other.id))).toBeNull();
    expect(await put(deployment, `workspaces/${workspace}/access`, { access: "private" })).toEqual({
      workspace,
      access: "private",
    });
    expect(await codeOf(visit(other.id))).toBe("sandbox_not_found");
    const later = await deployment.attachSandbox([3000]);
    expect(await codeOf(visit(later.id))).toBe("sandbox_not_found");
    elapse();
    expect(await (await deployment.call("DELETE", `workspaces/${workspace}/access`)).json()).toMatchObject({
      access: "public",
    });
    elapse();
    expect(await codeOf(visit(later.id))).toBeNull();
    const shown = await deployment.call("GET", `workspaces/${workspace}/access`);
    expect(await shown.json()).toEqual({ workspace, access: "public" });
  });

  test("of an attach ends with its generation", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox([3000], { access: "private" });
    expect(await codeOf(visit(id))).toBe("sandbox_not_found");
    await deployment.host.attach(deployment.workspace, id, createGeneration(NOW_MS + 1), [3000]);
    expect(await codeOf(visit(id))).toBeNull();
  });

  test.each([
    ["sandboxes/ID/access", { access: "some" }, "/access"],
    ["sandboxes/ID/access", { loopback: true }, "/loopback"],
    ["workspaces/WS/access", {}, "/access"],
    ["workspaces/WS/access", { access: "public", more: 1 }, "/more"],
  ])("PUT %s refuses %j", async (path, body, wrong) => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const target = path.replace("ID", id).replace("WS", deployment.workspace);
    const problem = await problemOf(await deployment.call("PUT", target, body));
    expect(problem).toMatchObject({ status: 400, errors: [{ path: wrong }] });
  });

  test("of a workspace is changed by its owners, and by tokens of its org", async () => {
    const deployment = await Deployment.create();
    const developer = await deployment.createToken({ role: "developer" });
    const path = `workspaces/${deployment.workspace}/access`;
    expect(await codeOf(deployment.call("PUT", path, { access: "off" }, developer))).toBe("forbidden");
    expect((await deployment.call("PUT", path, { access: "off" }, deployment.orgToken)).status).toBe(200);
    const other = await Deployment.create();
    expect(await codeOf(other.call("PUT", path, { access: "off" }))).toBe("not_found");
  });
});

describe("a debugger's port", () => {
  test("is private while it is bound to loopback only, and still listed for its owner", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox([3000, 9229], { loopback_ports: [9229] });
    expect(await codeOf(visit(id, 9229))).toBe("sandbox_not_found");
    const { url } = await deployment.mintLink(id, { port: 9229 });
    expect((await fetchEdge(`${url}/`)).status).toBe(200);
    expect(await (await deployment.call("GET", `sandboxes/${id}/ports`)).json()).toMatchObject({
      ports: [
        { port: 3000, access: "public" },
        { port: 9229, access: "private", listening: true },
      ],
    });
    const report = { sandbox_id: id, generation, ports: [3000, 9229] };
    await deployment.host.callApi("ports", report);
    expect(await codeOf(visit(id, 9229))).toBeNull();
    await deployment.host.callApi("ports", { ...report, loopback_ports: [9229] });
    expect(await codeOf(visit(id, 9229))).toBe("sandbox_not_found");
    await put(deployment, `sandboxes/${id}/ports/9229`, { access: "public" });
    expect(await codeOf(visit(id, 9229))).toBeNull();
  });

  test("is also what the org lists, for sandboxes that run and for later ones", async () => {
    const deployment = await Deployment.create();
    const attach = () => deployment.attachSandbox([5678], { loopback_ports: [5678] });
    const { id } = await attach();
    expect(await codeOf(visit(id, 5678))).toBeNull();
    const path = `orgs/${deployment.org}/private-ports`;
    const { orgToken } = deployment;
    const changed = await deployment.call("PUT", path, { private_ports: [5678, 5678] }, orgToken);
    expect(await changed.json()).toEqual({ org: deployment.org, private_ports: [5678, 9229] });
    await vi.waitFor(async () => expect(await codeOf(visit(id, 5678))).toBe("sandbox_not_found"));
    const later = await attach();
    expect(await codeOf(visit(later.id, 5678))).toBe("sandbox_not_found");
    const shown = await deployment.call("GET", path);
    expect(await shown.json()).toMatchObject({ private_ports: [5678, 9229] });
    await deployment.call("DELETE", path, undefined, orgToken);
    await vi.waitFor(async () => expect(await codeOf(visit(id, 5678))).toBeNull());
    expect(await codeOf(deployment.call("PUT", path, { private_ports: [1] }))).toBe("forbidden");
    for (const ports of [[0], ["9229"], Array(33).fill(1), 9229])
      expect(await codeOf(deployment.call("PUT", path, { private_ports: ports }, orgToken))).toBe(
        "request_invalid",
      );
    const byAdmin = await fetchEdge(`${API}/v1/${path}`, { token: ADMIN_TOKEN });
    expect(byAdmin.status).toBe(200);
  });
});

describe("a port that is off", () => {
  test("refuses links too, and says so only to those whose link is verified", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox([3000]);
    const { url, token } = await deployment.mintLink(id, { port: 3000 });
    const other = await deployment.attachSandbox([3000]);
    await put(deployment, `sandboxes/${id}/ports/3000`, { access: "off" });
    const response = await fetchEdge(`${url}/`);
    expect([response.status, await codeOf(response)]).toEqual([403, "port_off"]);
    expect(await codeOf(visit(id))).toBe("sandbox_not_found");
    expect(await codeOf(visit(id, 3000, { "preview-token": token }))).toBe("port_off");
    expect(await codeOf(visit(other.id, 3000, { "preview-token": token }))).toBe("link_invalid");
    elapse();
    await put(deployment, `sandboxes/${id}/ports/3000`, { access: "private" });
    expect((await fetchEdge(`${url}/`)).status).toBe(200);
  });
});

describe("preview-token", () => {
  async function setUp() {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox([3000], { access: "private" });
    return { deployment, id, link: await deployment.mintLink(id, { port: 3000 }) };
  }

  test("opens a private port by its public hostname, in a field or as a subprotocol", async () => {
    const { deployment, id, link } = await setUp();
    for (const headers of [
      { "preview-token": link.token },
      { "preview-token": link.token.toUpperCase() },
      { "sec-websocket-protocol": `chat, preview-token.${link.token}` },
    ]) {
      const response = await visit(id, 3000, headers);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ port: 3000, link: { keyVersion: 0 } });
    }
    expect(deployment.host.requests.at(-1)?.headers.get("preview-host")).toBe(`3000-${id}.example.com`);
  });

  test.each([
    ["no token at all", () => ""],
    ["junk", () => "x".repeat(63)],
    ["one that is too long", () => "a".repeat(10_000)],
    ["two of them", (token: string) => `${token}, ${token}`],
    ["another port's", undefined],
  ])("is refused as link_invalid where it is %s", async (_case, change) => {
    const { deployment, id, link } = await setUp();
    const other = await deployment.mintLink(id, { port: 4000 });
    const value = change === undefined ? other.token : change(link.token);
    expect(await codeOf(visit(id, 3000, { "preview-token": value }))).toBe("link_invalid");
  });

  test("is refused where a WebSocket offers two, or where the link is revoked or has expired", async () => {
    const { deployment, id, link } = await setUp();
    const two = `preview-token.${link.token}, preview-token.${link.token}`;
    expect(await codeOf(visit(id, 3000, { "sec-websocket-protocol": two }))).toBe("link_invalid");
    const short = await deployment.mintLink(id, { port: 3000, ttl_seconds: 1 });
    await deployment.call("DELETE", `sandboxes/${id}/preview-tokens/${link.token}`);
    expect(await codeOf(visit(id, 3000, { "preview-token": link.token }))).toBe("link_revoked");
    elapse(1_000);
    expect(await codeOf(visit(id, 3000, { "preview-token": short.token }))).toBe("link_expired");
  });

  test("opens no other paths than its link, and leads to no other sandbox", async () => {
    const { deployment, id } = await setUp();
    const { token } = await deployment.mintLink(id, { port: 3000, paths: ["/docs"] });
    const headers = { "preview-token": token };
    expect(await codeOf(visit(id, 3000, headers))).toBe("path_not_allowed");
    const other = await deployment.attachSandbox([3000]);
    expect(await codeOf(visit(other.id, 3000, headers))).toBe("link_invalid");
    expect(await codeOf(visit(crypto.randomUUID(), 3000, headers))).toBe("link_invalid");
  });
});

describe("a change of access", () => {
  test("is sent to the host before the call answers, as the whole state with a revision", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox([3000, 9229], { loopback_ports: [9229] });
    const { accessChanges } = deployment.host;
    await put(deployment, `sandboxes/${id}/ports/3000`, { access: "private" });
    await put(deployment, `sandboxes/${id}/ports/3000`, { label: "no change of access" });
    await put(deployment, `sandboxes/${id}/access`, { access: "off", loopback: "off" });
    await deployment.call("DELETE", `sandboxes/${id}/ports/3000`);
    expect(accessChanges).toEqual([
      {
        sandbox_id: id,
        revision: 1,
        access: "public",
        except: [
          { port: 3000, access: "private" },
          { port: 9229, access: "private" },
        ],
        loopback: "on",
      },
      {
        sandbox_id: id,
        revision: 2,
        access: "off",
        except: [{ port: 3000, access: "private" }],
        loopback: "off",
      },
      { sandbox_id: id, revision: 3, access: "off", except: [], loopback: "off" },
    ]);
  });

  test("is sent at the next start where it was made while the sandbox was stopped and its host may still refuse", async () => {
    const deployment = await Deployment.create();
    const { host, workspace } = deployment;
    const { id, generation } = await deployment.attachSandbox([3000]);
    await put(deployment, `sandboxes/${id}/ports/3000`, { access: "private" });
    await host.detach(id, generation);
    await deployment.call("DELETE", `sandboxes/${id}/ports/3000`);
    await host.attach(workspace, id, createGeneration(NOW_MS + 1), [3000]);
    const last = { sandbox_id: id, revision: 2, access: "public", except: [], loopback: "on" };
    await vi.waitFor(() => expect(host.accessChanges.at(-1)).toEqual(last));
    expect(host.accessChanges).toHaveLength(2);
    await host.detach(id, createGeneration(NOW_MS));
    await host.attach(workspace, id, createGeneration(NOW_MS + 2), [3000]);
    await put(deployment, `sandboxes/${id}/ports/3000`, { access: "off" });
    expect(host.accessChanges, "and once only").toHaveLength(3);
  });

  test("is sent at no start after the host has forgotten what it refused", async () => {
    const deployment = await Deployment.create();
    const { host, workspace } = deployment;
    const { id, generation } = await deployment.attachSandbox([3000]);
    await put(deployment, `sandboxes/${id}/ports/3000`, { access: "private" });
    await host.detach(id, generation);
    await deployment.call("DELETE", `sandboxes/${id}/ports/3000`);
    elapse(PASS_MAX_ACCEPTANCE_MS);
    await host.attach(workspace, id, createGeneration(NOW_MS + 1), [3000]);
    await put(deployment, `sandboxes/${id}/ports/3000`, { access: "off" });
    expect(host.accessChanges).toMatchObject([{ revision: 1 }, { revision: 3 }]);
  });

  test("of a workspace is sent to the hosts of all its sandboxes, and of an attach only where it differs", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox([3000]);
    await deployment.attachSandbox([3000], { access: "private" });
    await deployment.host.attach(deployment.workspace, id, createGeneration(NOW_MS + 1), [3000]);
    await put(deployment, `workspaces/${deployment.workspace}/access`, { access: "off" });
    await vi.waitFor(() =>
      expect(deployment.host.accessChanges).toContainEqual(
        expect.objectContaining({ sandbox_id: id, access: "off" }),
      ),
    );
    expect(
      deployment.host.accessChanges.filter((change) => (change as { access: string }).access === "off"),
    ).toHaveLength(1);
  });
});
