import { cors } from "hono/cors";
import { ERROR_HEADER } from "../../shared/protocol/headers.ts";
import type { ApiApp } from "./api-app.ts";

/** The longest that Chromium keeps a preflight. */
const PREFLIGHT_MAX_AGE_S = 7200;

/**
 * Lets pages of every origin call the API with a token. Cookies are never sent or accepted: a page without a token can do
 * what anyone without a token can.
 */
export function allowBrowsers(app: ApiApp): void {
  app.use(
    "*",
    cors({
      origin: "*",
      allowMethods: ["GET", "HEAD", "POST", "PUT", "DELETE"],
      allowHeaders: ["authorization", "content-type", "idempotency-key"],
      exposeHeaders: ["link", "retry-after", "ratelimit", "ratelimit-policy", ERROR_HEADER],
      maxAge: PREFLIGHT_MAX_AGE_S,
    }),
  );
}
