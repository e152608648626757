import { describe, expect, test } from "vitest";
import type { NamespaceRequest } from "../../../../connector/namespaces/namespace-request.ts";
import {
  formatNamespaceRequest,
  ipArguments,
  MAX_REQUEST_BYTES,
  parseNamespaceRequest,
} from "../../../../connector/namespaces/namespace-request.ts";

const NAMESPACE = "n".repeat(64);
const DEVICE = "d".repeat(15);

describe("parseNamespaceRequest()", () => {
  test.each<[line: string, request: NamespaceRequest, args: string]>([
    [
      "link box-1 tap0",
      { verb: "link", namespace: "box-1", device: "tap0" },
      "-n box-1 -j link show dev tap0",
    ],
    [
      `link ${NAMESPACE} ${DEVICE}`,
      { verb: "link", namespace: NAMESPACE, device: DEVICE },
      `-n ${NAMESPACE} -j link show dev ${DEVICE}`,
    ],
    ["assign-id box.1", { verb: "assign-id", namespace: "box.1" }, "netns set box.1 auto"],
    ["ids", { verb: "ids" }, "-j netns list"],
    ["monitor", { verb: "monitor" }, "-o monitor link nsid all-nsid"],
  ])("reads %j, which is written so, and becomes fixed arguments of ip", (line, request, args) => {
    expect(parseNamespaceRequest(line)).toEqual(request);
    expect(formatNamespaceRequest(request)).toBe(line);
    expect(line.length).toBeLessThan(MAX_REQUEST_BYTES);
    expect(ipArguments(request).join(" ")).toBe(args);
  });

  test.each([
    "",
    "ids ",
    "ids all",
    " ids",
    "IDS",
    "monitor label",
    "exec box sh",
    "link box",
    "link box tap0 up",
    "link box tap0 ",
    "link  tap0",
    "link -all tap0",
    "link .. tap0",
    "link ../1 tap0",
    "link a/b tap0",
    "link box -s",
    "link box a/b",
    "link box tap\u0000",
    "link box tap\u00e9",
    "link box tap0\r",
    "assign-id -force",
    "assign-id",
    "assign-id box 7",
    `assign-id ${NAMESPACE}n`,
    `link box ${DEVICE}d`,
    "a ".repeat(1000),
  ])("refuses %j", (line) => {
    expect(parseNamespaceRequest(line)).toBeUndefined();
  });

  test("hands what a shell would read to ip as one argument, because no shell is run", () => {
    const request = parseNamespaceRequest("link box $(id)")!;
    expect(ipArguments(request)).toEqual(["-n", "box", "-j", "link", "show", "dev", "$(id)"]);
  });
});
