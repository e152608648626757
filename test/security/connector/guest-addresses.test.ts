import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AddressError, assertGuestAddress } from "../../../connector/guests/address/assert-guest-address.ts";
import { Namespace } from "../../../lab/network/namespace.ts";
import { NODE_BINARY } from "../../../lab/node-binary.ts";
import { HostCallStage } from "../../support/connector/host-call-stage.ts";

const STRICT = { allowLoopback: false };
const DEVELOPMENT = { allowLoopback: true };
const MODULE = new URL("../../../connector/guests/address/is-own-address.ts", import.meta.url).href;

describe("3.6: attach refuses addresses that no guest has", () => {
  test.each([
    "127.0.0.1",
    "127.77.0.1",
    "::1",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "169.254.169.254",
    "169.254.0.21",
    "fe80::1",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.2",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
  ])("%s", async (address) => {
    await expect(assertGuestAddress(address, STRICT)).rejects.toThrow(AddressError);
  });

  test.each(["10.0.0.2", "172.16.0.2", "192.168.7.2", "100.64.0.2", "fd00:1::2", "2001:db8::2"])(
    "and accepts %s",
    async (address) => {
      await expect(assertGuestAddress(address, STRICT)).resolves.toBeUndefined();
    },
  );

  test.each(["127.0.0.1", "127.77.0.1", "::1"])(
    "and accepts %s where the configuration allows it",
    async (address) => {
      await expect(assertGuestAddress(address, DEVELOPMENT)).resolves.toBeUndefined();
    },
  );

  test.each(["0.0.0.0", "::", "169.254.169.254", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])(
    "%s, also where the configuration allows loopback",
    async (address) => {
      await expect(assertGuestAddress(address, DEVELOPMENT)).rejects.toThrow(AddressError);
    },
  );
});

describe("3.6: attach refuses the host's own addresses", () => {
  let namespace: Namespace;

  beforeAll(async () => {
    namespace = await Namespace.create("own");
    await namespace.ip("link", "add", "br0", "type", "bridge");
    await namespace.ip("address", "add", "10.99.0.1/24", "dev", "br0");
    await namespace.ip("address", "add", "fd00:99::1/64", "dev", "br0", "nodad");
    await namespace.ip("link", "set", "br0", "up");
    // Its machine has not started yet, so it has no carrier, and Node does not list it.
    await namespace.ip("tuntap", "add", "tap0", "mode", "tap");
    await namespace.ip("address", "add", "10.96.0.1/24", "dev", "tap0");
    await namespace.ip("link", "set", "tap0", "up");
    await namespace.ip("address", "add", "10.98.0.1/32", "dev", "lo");
    await namespace.ip("route", "add", "local", "10.97.0.0/24", "dev", "lo");
  });

  afterAll(() => namespace?.[Symbol.asyncDispose]());

  test.each([
    ["10.99.0.1", true, "of a bridge"],
    ["fd00:99::1", true, "of a bridge"],
    ["10.96.0.1", true, "of a tap without a machine"],
    ["10.98.0.1", true, "of the loopback interface"],
    ["10.97.0.9", true, "of a local route"],
    ["10.99.0.2", false, "of a guest at the bridge"],
    ["fd00:99::2", false, "of a guest at the bridge"],
  ])("%s: %s, %s", async (address, isOwn) => {
    const script = `const { isOwnAddress } = await import(${JSON.stringify(MODULE)});
      console.log(await isOwnAddress(${JSON.stringify(address)}));`;
    const printed = await namespace.run(NODE_BINARY, "--input-type=module", "--eval", script);
    expect(printed.trim()).toBe(String(isOwn));
  });
});

test("3.6: a launcher that describes its guest at a metadata address gets it ended, not attached", async () => {
  await using stage = await openStage();
  stage.launcher.POST = { status: 201, text: JSON.stringify({ address: "169.254.169.254" }) };
  const sandbox_id = crypto.randomUUID();
  const launched = stage.call("POST", "/sandboxes", { sandbox_id, workspace: "ws_1", template: "vite" });
  await expect(launched).rejects.toMatchObject({
    status: 409,
    message: "169.254.169.254 is a link-local address, and no guest's",
  });
  expect(stage.guests.list()).toEqual([]);
  expect(stage.calls).toEqual(["POST /sandboxes", `DELETE /sandboxes/${sandbox_id}`]);
});

async function openStage(): Promise<HostCallStage & AsyncDisposable> {
  const stage = await HostCallStage.open();
  return Object.assign(stage, { [Symbol.asyncDispose]: () => stage.close() });
}
