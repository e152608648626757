import { describe, expect, test } from "vitest";
import { linkUrl, publicUrl } from "../../../../shared/link/preview-url.ts";

const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";

describe("preview URLs", () => {
  test("publicUrl() formats port, sandbox and suffix", () => {
    expect(publicUrl("https", "example.com", ID, 3000)).toBe(`https://3000-${ID}.example.com`);
    expect(publicUrl("http", "localhost:8787", ID, 80)).toBe(`http://80-${ID}.localhost:8787`);
  });

  test("linkUrl() formats token and suffix", () => {
    expect(linkUrl("https", "preview.example.com", "abc")).toBe("https://abc.preview.example.com");
  });
});
