import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createHostKey, readHostKey, readPublicKey } from "../../../../connector/edge/host-key.ts";
import { StateError } from "../../../../connector/state/state-error.ts";

/** RFC 8037, appendix A.1. */
const X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const SECRET = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "host-key-"));
  file = join(directory, "host-key.json");
});
afterEach(() => rm(directory, { recursive: true }));

describe("readHostKey()", () => {
  test("reads what createHostKey() has written", async () => {
    const written = await createHostKey(file);
    expect(await readPublicKey(file)).toEqual(written);
    expect((await readHostKey(file)).type).toBe("private");
  });

  test.each([
    ["text that is no JSON", SECRET],
    ["a key that was cut off", `{"kty":"OKP","crv":"Ed25519","x":"${X}","d":"${SECRET.slice(0, 30)}`],
    ["the public part", JSON.stringify({ kty: "OKP", crv: "Ed25519", x: X })],
    ["a key of another kind", JSON.stringify({ kty: "EC", crv: "P-256", x: X, y: X, d: SECRET })],
    ["a key that is too short", JSON.stringify({ kty: "OKP", crv: "Ed25519", x: X, d: "AAAA" })],
    ["an empty object", "{}"],
    ["nothing", ""],
  ])("refuses %s in words, and shows no part of it", async (_what, text) => {
    await writeFile(file, text);
    const error = await readHostKey(file).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(StateError);
    expect(String(error)).toContain(`cannot read ${file}: `);
    expect(String(error)).not.toContain(SECRET.slice(0, 4));
  });
});
