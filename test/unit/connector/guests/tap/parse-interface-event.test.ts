import { describe, expect, test } from "vitest";
import { parseInterfaceEvent } from "../../../../../connector/guests/tap/parse-interface-event.ts";

const TAP = "2: tap0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UP group default \\";

describe("parseInterfaceEvent()", () => {
  test.each([
    ["a change of an interface elsewhere", `[nsid 0]${TAP}`, { kind: "interface", namespaceId: 0 }],
    ["a pair's end", "[nsid 12]7: veth0@if5: <UP> mtu 1500", { kind: "interface", namespaceId: 12 }],
    ["an interface's end", `[nsid 3]Deleted ${TAP}`, { kind: "interface", namespaceId: 3 }],
    [
      "an id given",
      "[nsid current]nsid 4 (iproute2 netns name: sandbox-4)",
      { kind: "namespace-id", namespaceId: 4 },
    ],
    ["an id taken away", "[nsid current]Deleted nsid 4", { kind: "namespace-id", namespaceId: 4 }],
  ])("reads %s", (_what, line, event) => {
    expect(parseInterfaceEvent(line)).toEqual(event);
  });

  test.each([
    ["the connector's own namespace", `[nsid current]${TAP}`],
    ["ids that another namespace gives", "[nsid 2]nsid 0"],
    ["an unlabelled line", TAP],
    ["a link-layer address", "    link/ether 6e:2a:aa:3c:93:b6 brd ff:ff:ff:ff:ff:ff"],
    ["nothing", ""],
  ])("leaves out %s", (_what, line) => {
    expect(parseInterfaceEvent(line)).toBeUndefined();
  });
});
