import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { RequestDetail } from "../../../../../shared/protocol/request-log.ts";
import { writeCurl } from "../../../../../worker/api/calls/requests/write-curl.ts";

const ORIGIN = "https://3000-x.example.com";
const BODY = { bytes: 0, captured: true, truncated: false };
const HOSTILE = "'; touch /tmp/pwned; echo '$(id) `id` \\ \"$HOME\" !! @/etc/passwd";

type Request = RequestDetail["request"];

function request(facts: Partial<Request>): { request: Request } {
  return { request: { method: "POST", path: "/hooks?a=b", headers: [], body: BODY, ...facts } };
}

/** The arguments and the input of curl, as a shell reads the command. */
async function run(facts: Partial<Request>): Promise<{ args: string[]; input: string }> {
  const command = writeCurl(request(facts), ORIGIN);
  const program = `curl() { printf '%s\\0' "$@"; case "$*" in *@-*) base64 -w 0;; esac; }\n${command}`;
  const { stdout } = await promisify(execFile)("sh", ["-c", program]);
  const parts = stdout.split("\0");
  return { args: parts.slice(0, -1), input: Buffer.from(parts.at(-1) ?? "", "base64").toString("latin1") };
}

describe("writeCurl()", () => {
  test("a shell reads nothing into what a visitor has sent", async () => {
    const { args } = await run({
      path: `/${HOSTILE.replaceAll(" ", "+")}`,
      headers: [
        ["x-a", HOSTILE],
        ["x'b`id`", ""],
      ],
      body: { ...BODY, text: HOSTILE },
    });
    expect(args).toEqual([
      "--globoff",
      "--path-as-is",
      "-X",
      "POST",
      "-H",
      `x-a: ${HOSTILE}`,
      "-H",
      "x'b`id`;",
      "--data-raw",
      HOSTILE,
      `${ORIGIN}/${HOSTILE.replaceAll(" ", "+")}`,
    ]);
  });

  test.each([
    ["control characters", { text: "a\u001b[2Jb\0" }, "a\u001b[2Jb\0"],
    ["a line break of another system", { text: "a\r\nb" }, "a\r\nb"],
    ["bytes", { base64: "AP9hYg==" }, "\0\u00ffab"],
  ])("sends a body with %s from base64, so that no terminal sees it", async (_what, body, sent) => {
    const { args, input } = await run({ body: { ...BODY, ...body } });
    expect(args).toContain("@-");
    expect(input).toBe(sent);
    expect(writeCurl(request({ body: { ...BODY, ...body } }), ORIGIN)).toMatch(/^[ -~]*\n$/);
  });

  test("leaves out what curl and the edge set, and the encoding of a body that is shown without it", async () => {
    const { args } = await run({
      headers: [
        ["Host", "localhost:3000"],
        ["Content-Length", "2"],
        ["X-Forwarded-For", "192.0.2.1"],
        ["Content-Encoding", "gzip"],
        ["Authorization", "***"],
      ],
      body: { ...BODY, text: "{}", decoded: true },
    });
    expect(args.filter((argument) => argument.includes(": "))).toEqual(["Authorization: ***"]);
  });

  test("never leads elsewhere than to the port's hostname", async () => {
    for (const path of ["*", "//evil.example/", "@evil.example", "http://evil.example/"])
      expect(new URL((await run({ method: "OPTIONS", path })).args.at(-1) ?? "").origin).toBe(ORIGIN);
  });
});
