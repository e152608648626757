import { expect, test } from "vitest";
import { NODE_VERSION } from "../../../../dev/package/architecture.ts";
import manifest from "../../../../package.json" with { type: "json" };

test("NODE_VERSION is the Node with which everything is tested", () => {
  expect(NODE_VERSION).toBe(manifest.devDependencies.node);
});
