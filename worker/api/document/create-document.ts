import type { OpenAPIHono } from "@hono/zod-openapi";
import type { ApiEnvironment } from "../api-environment.ts";
import { TAGS } from "./tags.ts";

/** Matches the path prefix of the calls. */
const API_VERSION = "1";

const DESCRIPTION = `Preview URLs expose a port of a microVM sandbox to the internet.

Requests and responses are JSON. A refusal is \`application/problem+json\` with a stable \`code\`. Unknown members and parameters are refused by name. PUT and DELETE can be repeated: the response is the same. UUIDs are accepted in any case and returned in lower case.

Calls with an API token are limited like previews, 1 a second and 10 at once unless the org has a higher limit; \`ratelimit\` shows what is left.`;

export type ApiDocument = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;

/** The OpenAPI 3.1 document of the calls that are mounted, without the server that serves them. */
export function createDocument(app: OpenAPIHono<ApiEnvironment>): ApiDocument {
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Preview URLs API", version: API_VERSION, description: DESCRIPTION },
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
  });
}
