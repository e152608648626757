import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";

/** Named apart from `import()`, so that tsc does not read the Worker's code with Node's types. */
const CREATE_API = new URL("../../../../../worker/api/create-api.ts", import.meta.url).pathname;

test("GET /openapi.json is valid by the OpenAPI Initiative's schema for 3.1", async () => {
  const { createApi } = (await import(CREATE_API)) as {
    createApi(): { request(url: string): Response | Promise<Response> };
  };
  const response = await createApi().request("https://api.example.com/openapi.json");
  const document = (await response.json()) as Record<string, unknown>;
  const validator = new Validator();
  expect(await validator.validate(document)).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
});
