import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { renderReference } from "../../../../../dev/assets/render-reference.ts";
import { REFERENCE_ASSETS } from "../../../../../worker/assets/asset-paths.ts";

test("GET /openapi.json is valid by the OpenAPI Initiative's schema for 3.1", async () => {
  const files = await renderReference();
  const document = JSON.parse(files[REFERENCE_ASSETS.document] ?? "") as Record<string, unknown>;
  const validator = new Validator();
  expect(await validator.validate(document)).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
});
