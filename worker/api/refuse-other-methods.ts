import { refuse } from "../../shared/refusal/refusal.ts";
import type { ApiApp } from "./api-app.ts";
import { problemResponse } from "./problem-response.ts";

/** Responds with 405 where a path is known and the method is not. Must come after every call. */
export function refuseOtherMethods(app: ApiApp): void {
  const calls = app.routes.filter(({ method }) => method !== "ALL");
  for (const [path, routes] of Map.groupBy(calls, (route) => route.path)) {
    const methods = new Set(routes.map(({ method }) => method));
    // Hono serves HEAD where there is GET.
    if (methods.has("GET")) methods.add("HEAD");
    const allow = [...methods].sort().join(", ");
    app.all(path, (context) => {
      const response = problemResponse(context, refuse("method_not_allowed"));
      response.headers.set("allow", allow);
      return response;
    });
  }
}
