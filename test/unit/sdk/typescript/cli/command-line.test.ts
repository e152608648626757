import { CommanderError, InvalidArgumentError } from "commander";
import { describe, expect, test, vi } from "vitest";
import { createProgram } from "../../../../../sdk/typescript/src/cli/create-program.ts";
import { EXIT_CODES, exitCodeOf } from "../../../../../sdk/typescript/src/cli/exit-codes.ts";
import { SHELLS } from "../../../../../sdk/typescript/src/cli/format-completion.ts";
import { formatTable } from "../../../../../sdk/typescript/src/cli/format-table.ts";
import { Output } from "../../../../../sdk/typescript/src/cli/output.ts";
import { parseDuration, parseNumber } from "../../../../../sdk/typescript/src/cli/parse-duration.ts";
import { parsePort } from "../../../../../sdk/typescript/src/cli/parse-port.ts";
import { errorFor, NetworkError } from "../../../../../sdk/typescript/src/errors.ts";

describe("parseDuration()", () => {
  test.each([
    ["90", 90],
    ["90s", 90],
    ["30m", 1_800],
    ["1h", 3_600],
    ["7d", 604_800],
  ])("reads %s as %i seconds", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  test.each(["", "h", "1.5h", "-1h", "1 h", "1w", "1H", "99999999", "1hh"])("refuses %j", (text) => {
    expect(() => parseDuration(text)).toThrow(InvalidArgumentError);
  });
});

test.each(["", "-1", "1e3", "0x10", "NaN", "1.", ".5"])("parseNumber() refuses %j", (text) => {
  expect(() => parseNumber(text)).toThrow(InvalidArgumentError);
});

test.each(["", "0", "65536", "080", "3000/tcp", "99999"])("parsePort() refuses %j", (text) => {
  expect(() => parsePort(text)).toThrow(InvalidArgumentError);
});

test("formatTable() pads each column to its widest cell", () => {
  const rows = [
    ["ID", "PORTS"],
    ["long-id", "80 443"],
  ];
  expect(formatTable(rows)).toBe("ID       PORTS\nlong-id  80 443");
});

describe("exitCodeOf()", () => {
  test.each([
    [new RangeError("port"), 2],
    [new CommanderError(1, "x", "x"), 2],
    [errorFor(401, { code: "unauthorized" }), 3],
    [errorFor(404, { code: "sandbox_not_found" }), 4],
    [errorFor(502, { code: "port_closed" }), 5],
    [errorFor(429, { code: "rate_limited" }), 6],
    [new NetworkError("x", { code: "network" }), 6],
    [errorFor(500, { code: "internal" }), 1],
    [new Error("disk full"), 1],
  ])("%s → %i, which the help documents", (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
    expect(EXIT_CODES[exitCodeOf(error)]).toBeDefined();
  });
});

/** A standard stream that keeps what is written. */
function createStream(isTTY: boolean): NodeJS.WriteStream & { text: string } {
  const stream = { isTTY, text: "", write: (text: string) => (stream.text += text) };
  return stream as never;
}

describe("Output", () => {
  test.each([
    ["a terminal", true, {}, true],
    ["a terminal with NO_COLOR", true, { NO_COLOR: "1" }, false],
    ["a dumb terminal", true, { TERM: "dumb" }, false],
    ["a pipe", false, {}, false],
  ])("on %s: colours %s", (_what, isTTY, environment, isColoured) => {
    const stderr = createStream(isTTY);
    const output = new Output(false, createStream(isTTY), stderr, environment);
    output.error("It failed.");
    expect(stderr.text.includes("\x1b[31m")).toBe(isColoured);
    expect(output.bold("x") !== "x").toBe(isColoured);
  });

  test("shows progress on a terminal only, and removes it before the next output", () => {
    const [stdout, terminal, pipe] = [createStream(false), createStream(true), createStream(false)];
    const output = new Output(false, stdout, terminal, { TERM: "dumb" });
    output.progress("Minting …");
    output.result({}, "https://x");
    expect(terminal.text).toBe("Minting …\r\x1b[K");
    expect(stdout.text).toBe("https://x\n");
    new Output(false, stdout, pipe, {}).progress("Minting …");
    expect(pipe.text).toBe("");
  });

  test("with --json writes JSON on standard output, and nothing for people", () => {
    const [stdout, stderr] = [createStream(true), createStream(true)];
    const output = new Output(true, stdout, stderr, {});
    output.progress("Minting …");
    output.note("Copied.");
    output.result({ port: 80 }, "text");
    expect([stdout.text, stderr.text]).toEqual(['{"port":80}\n', ""]);
  });
});

describe("createProgram()", () => {
  test("each command and option has a description, and the help shows every exit code", () => {
    const program = createProgram("1.2.3");
    for (const command of program.commands) {
      expect(command.description()).not.toBe("");
      for (const option of command.options) expect(option.description).not.toBe("");
    }
    let help = "";
    program.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    for (const [code, meaning] of Object.entries(EXIT_CODES)) expect(help).toContain(`${code}  ${meaning}`);
  });

  test.each(SHELLS)("prints a completion for %s with every command", async (shell) => {
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    await createProgram("1.2.3").parseAsync(["completion", shell], { from: "user" });
    const script = write.mock.calls.map(([text]) => String(text)).join("");
    write.mockRestore();
    for (const name of ["login", "share", "ports", "completion"]) expect(script).toContain(name);
    expect(script).toContain("ttl");
  });
});
