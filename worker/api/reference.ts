import type { OpenAPIHono } from "@hono/zod-openapi";
import type { ApiEnvironment } from "./api-environment.ts";
import { createDocument } from "./create-document.ts";

const CACHE_CONTROL = "public, max-age=300";

/** The API's description, for programs and for people. */
export function mountReference(app: OpenAPIHono<ApiEnvironment>): void {
  app.get("/openapi.json", (context) =>
    context.json(createDocument(app, new URL(context.req.url).origin), 200, {
      "cache-control": CACHE_CONTROL,
      "access-control-allow-origin": "*",
    }),
  );
}
