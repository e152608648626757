import type { ExecutionContext } from "hono";
import type { ApiApp } from "./api-app.ts";
import type { ApiEnvironment } from "./api-environment.ts";

let app: ApiApp | undefined;

/** The REST API, created by its first call: an isolate that serves only previews never evaluates its schemas. */
export const api = {
  async fetch(
    request: Request,
    bindings: ApiEnvironment["Bindings"],
    context: ExecutionContext,
  ): Promise<Response> {
    if (app === undefined) {
      const { createApi } = await import("./create-api.ts");
      app ??= createApi();
    }
    return app.fetch(request, bindings, context);
  },
};
