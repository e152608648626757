import { describe, expect, test } from "vitest";
import { enrolmentPath, enrolmentSchema } from "../../../../shared/protocol/enrolment.ts";

const PUBLIC_KEY = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
const ENROLMENT = { origin: "https://host-1.hosts.example.net:8443", public_key: PUBLIC_KEY };

describe("enrolmentSchema", () => {
  test("reads a host that launches nothing and replaces nothing, where that is left out", () => {
    expect(enrolmentSchema.parse(ENROLMENT)).toEqual({ ...ENROLMENT, launches: false, replace: false });
  });

  test.each([
    ["https://host-1.example.net/", "https://host-1.example.net"],
    ["https://HOST-1.example.net:443/a?b#c", "https://host-1.example.net"],
    ["https://user:secret@host-1.example.net", "https://host-1.example.net"],
  ])("keeps of the origin %s only scheme, name and port", (origin, expected) => {
    expect(enrolmentSchema.parse({ ...ENROLMENT, origin }).origin).toBe(expected);
  });

  test.each<[string, object]>([
    ["an origin without a scheme", { origin: "host-1.example.net" }],
    ["an origin of another scheme", { origin: "ftp://host-1.example.net" }],
    ["no key", { public_key: undefined }],
    ["a key of another curve", { public_key: { ...PUBLIC_KEY, crv: "X25519" } }],
    ["a key that is too short", { public_key: { ...PUBLIC_KEY, x: PUBLIC_KEY.x.slice(1) } }],
    ["a key that is too long", { public_key: { ...PUBLIC_KEY, x: `${PUBLIC_KEY.x}A` } }],
    ["a key that is no base64url", { public_key: { ...PUBLIC_KEY, x: `+${PUBLIC_KEY.x.slice(1)}` } }],
    ["a private key", { public_key: { ...PUBLIC_KEY, d: PUBLIC_KEY.x } }],
    ["an unknown member", { workspaces: ["acme"] }],
  ])("refuses %s", (_case, change) => {
    expect(enrolmentSchema.safeParse({ ...ENROLMENT, ...change }).success).toBe(false);
  });
});

describe("enrolmentPath()", () => {
  test("names the host", () => {
    expect(enrolmentPath("host-1")).toBe("/v1/hosts/host-1");
  });
});
