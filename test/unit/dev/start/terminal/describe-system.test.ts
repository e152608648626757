import { describe, expect, test } from "vitest";
import { parseOptions } from "../../../../../dev/start/parse-options.ts";
import { describeSystem } from "../../../../../dev/start/terminal/describe-system.ts";
import { renderQr } from "../../../../../sdk/typescript/src/cli/render-qr.ts";

const previewUrl = "http://4700-520adace-5774-4e70-9e6d-e6111da63f08.localhost:8787";
const system = {
  ...{
    api: "http://api.localhost:8787",
    domain: "localhost",
    previewSuffix: "localhost",
    linkSuffix: "preview",
  },
  ...{ apiToken: "pvo_a", adminToken: "pva_a", sandboxId: "s", workspace: "demo", org: "demo", previewUrl },
  link: { url: "http://t.preview.localhost:8787", token: "t", expires_at: "2026-11-25T13:50:30Z" },
};

describe("describeSystem()", () => {
  test.each([
    [120, true],
    [20, false],
    [0, false],
  ])("on a terminal of %i columns shows a QR code of the URL: %s", (columns, shown) => {
    const text = describeSystem(system, parseOptions([]), columns);
    expect(text).toContain(previewUrl);
    expect(text.includes(renderQr(previewUrl))).toBe(shown);
  });
});
