import { Hono } from "hono";
import { isRefusal, refuse } from "../../shared/refusal.ts";
import { adminRoutes } from "./admin.ts";
import { answerRefusal } from "./answer.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { callerRoutes } from "./caller.ts";
import { hostRoutes } from "./hosts.ts";
import { orgRoutes } from "./orgs.ts";
import { parseLinkPath } from "./parse-link-path.ts";

/** JWKS are asked for once per connector and kept; a new signing key is published this long before it signs. */
const JWKS_CACHE_S = 300;

/** The REST API at `https://api.{domain}`. */
export const api = new Hono<ApiEnvironment>();

api.get("/.well-known/jwks.json", (context) => {
  const keys = [context.env.edge.settings.passKey.publicJwk];
  return context.json({ keys }, 200, { "cache-control": `public, max-age=${JWKS_CACHE_S}` });
});

/** The path form of a link, for those who cannot use wildcard hostnames: on to the hostname form. */
api.all("/v1/p/*", (context) => {
  const { domains } = context.env.edge.settings;
  const location = parseLinkPath(new URL(context.req.url), domains.linkDomain);
  return isRefusal(location) ? answerRefusal(context, location) : context.redirect(location, 307);
});

api.route("/v1/admin", adminRoutes);
api.route("/v1/hosts", hostRoutes);
api.route("/v1/orgs", orgRoutes);
api.route("/v1", callerRoutes);

api.notFound((context) => answerRefusal(context, refuse("not_found")));
api.onError((error, context) => {
  console.error({ event: "bug", request: context.env.requestId, error: error.stack ?? String(error) });
  return answerRefusal(context, refuse("internal"));
});
