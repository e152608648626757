import { OpenAPIHono } from "@hono/zod-openapi";
import type { AnyCall } from "../call/call.ts";
import { documentCall } from "./document-call.ts";
import { registerComponents } from "./register-components.ts";
import { TAGS } from "./tags.ts";

/** Matches the path prefix of the calls. */
const API_VERSION = "1";

const DESCRIPTION = `Preview URLs expose a port of a microVM sandbox to the internet.

Requests and responses are JSON. A refusal is \`application/problem+json\` with a stable \`code\`. Unknown members and parameters are refused by name. PUT and DELETE can be repeated: the response is the same. UUIDs are accepted in any case and returned in lower case.

Calls with an API token are limited like previews, 1 a second and 10 at once unless the org has a higher limit; \`ratelimit\` shows what is left.`;

export type ApiDocument = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;

/** The OpenAPI 3.1 document of calls. It is made when the assets are built: the Worker does not contain this code. */
export function createDocument(calls: readonly AnyCall[], origin: string): ApiDocument {
  const app = new OpenAPIHono();
  registerComponents(app);
  for (const call of calls) app.openAPIRegistry.registerPath(documentCall(call));
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Preview URLs API", version: API_VERSION, description: DESCRIPTION },
    servers: [{ url: origin }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
  });
}
