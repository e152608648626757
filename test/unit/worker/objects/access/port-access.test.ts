import { describe, expect, test } from "vitest";
import type { Access } from "../../../../../shared/access.ts";
import { isPublicPort } from "../../../../../shared/access.ts";
import type { AccessState, PortSettings } from "../../../../../worker/objects/access/access-state.ts";
import { NO_ACCESS_STATE } from "../../../../../worker/objects/access/access-state.ts";
import { PortAccess } from "../../../../../worker/objects/access/port-access.ts";

interface Said {
  readonly port?: Access;
  readonly sandbox?: Access;
  readonly attach?: Access;
  readonly workspace?: Access;
}

function stateOf({ port, sandbox, attach, workspace }: Said, number = 3000): AccessState {
  return {
    ...NO_ACCESS_STATE,
    ...(port !== undefined && { ports: new Map([[number, { access: port }]]) }),
    own: sandbox === undefined ? {} : { access: sandbox },
    ...(attach !== undefined && { attach }),
    ...(workspace !== undefined && { workspace: { revision: 1, access: workspace } }),
  };
}

function withSettings(settings: PortSettings): AccessState {
  return { ...NO_ACCESS_STATE, ports: new Map([[3000, settings]]) };
}

describe("PortAccess.of()", () => {
  test.each<[Said, Access, string]>([
    [{}, "public", "default"],
    [{ workspace: "private" }, "private", "workspace"],
    [{ workspace: "off" }, "off", "workspace"],
    [{ workspace: "private", attach: "public" }, "public", "attach"],
    [{ workspace: "public", attach: "off" }, "off", "attach"],
    [{ attach: "private", sandbox: "public" }, "public", "sandbox"],
    [{ workspace: "off", sandbox: "private" }, "private", "sandbox"],
    [{ sandbox: "off", port: "public" }, "public", "sandbox"],
    [{ attach: "off", port: "private" }, "private", "attach"],
    [{ workspace: "public", attach: "public", sandbox: "public", port: "off" }, "off", "sandbox"],
    [{ port: "private" }, "private", "default"],
  ])("of %j is %s, and of other ports what %s says", (said, expected, source) => {
    const access = new PortAccess(stateOf(said));
    expect(access.of(3000)).toBe(expected);
    expect(access.of(4000)).toBe(said.sandbox ?? said.attach ?? said.workspace ?? "public");
    expect(access.source).toBe(source);
  });

  test.each<[string, Said, number[], Access]>([
    ["listens on loopback only", {}, [9229], "private"],
    ["listens beyond loopback", {}, [], "public"],
    ["has an access of its own", { port: "public" }, [9229], "public"],
    ["is public by its sandbox's default", { sandbox: "public" }, [9229], "private"],
    ["is off by its workspace's default", { workspace: "off" }, [9229], "off"],
  ])("of a debugger's port that %s", (_case, said, loopbackPorts, expected) => {
    const access = new PortAccess(stateOf(said, 9229), { ports: [3000, 9229], loopbackPorts });
    expect(access.of(9229)).toBe(expected);
  });

  test("of a port that the org lists, and of another one, both on loopback only", () => {
    const state = { ...NO_ACCESS_STATE, workspace: { revision: 1, privatePorts: [5678] } };
    const access = new PortAccess(state, { ports: [5173, 5678], loopbackPorts: [5173, 5678] });
    expect([access.of(5678), access.of(5173)]).toEqual(["private", "public"]);
  });
});

describe("PortAccess.termsOf()", () => {
  test("are none where everything is as by default", () => {
    const access = new PortAccess(undefined, { ports: [3000, 5173], loopbackPorts: [5173] });
    expect(access.termsOf(3000, false)).toBeUndefined();
    expect(new PortAccess(withSettings({ scheme: "http", label: "x" })).termsOf(3000, false)).toBeUndefined();
  });

  test("have what the port's settings and the sandbox's loopback say", () => {
    const settings = withSettings({ hostPolicy: "public", scheme: "https" });
    const access = new PortAccess({ ...settings, own: { loopback: "off" } });
    expect(access.termsOf(3000, false)).toEqual({ hostPolicy: "public", scheme: "https", loopback: "off" });
    expect(access.termsOf(4000, true)).toEqual({ loopback: "off" });
  });

  test("list only public ports, as soon as one of the sandbox is not", () => {
    const open = { ports: [3000, 4000, 5000] };
    const byPort = new PortAccess(stateOf({ port: "private" }), open);
    expect(byPort.termsOf(4000, false)).toEqual({ listed: [4000, 5000] });
    const byDefault = new PortAccess(stateOf({ sandbox: "off", port: "public" }), open);
    expect(byDefault.termsOf(3000, false)).toEqual({ listed: [3000] });
    const byDebugger = new PortAccess(undefined, { ports: [3000, 9229], loopbackPorts: [9229] });
    expect(byDebugger.termsOf(3000, false)).toEqual({ listed: [3000] });
  });

  test("keep a debugger on loopback out of reach before its host has reported it, except by a link", () => {
    const access = new PortAccess(undefined, { ports: [3000] });
    expect(access.termsOf(9229, false)).toEqual({ loopback: "off" });
    expect(access.termsOf(9229, true)).toBeUndefined();
    expect(new PortAccess(stateOf({ port: "public" }, 9229)).termsOf(9229, false)).toBeUndefined();
  });
});

describe("PortAccess.publicPorts", () => {
  test("are all, all but some, or only some", () => {
    expect(new PortAccess().publicPorts).toBeUndefined();
    const most = new PortAccess(stateOf({ port: "off" })).publicPorts;
    const some = new PortAccess(stateOf({ attach: "private", port: "public" })).publicPorts;
    const none = new PortAccess(stateOf({ attach: "private", port: "off" })).publicPorts;
    const isPublic = (ports = most) => [3000, 4000].map((port) => ports && isPublicPort(ports, port));
    expect([isPublic(most), isPublic(some), isPublic(none)]).toEqual([
      [false, true],
      [true, false],
      [false, false],
    ]);
  });
});

describe("PortAccess.list()", () => {
  test("has the ports that listen and those that have settings, ascending", () => {
    const access = new PortAccess(withSettings({ label: "API" }), { ports: [8080, 22] });
    expect(access.list()).toEqual([
      { port: 22, listening: true },
      { port: 3000, listening: false },
      { port: 8080, listening: true },
    ]);
  });
});
