import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import { answerRefusal } from "../answer.ts";
import type { ApiEnvironment } from "../api-environment.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { documentCall } from "../document/document-call.ts";
import { parseLinkPath } from "../parse-link-path.ts";

/** For caches on the way. Connectors ask again when a pass names a key that they do not know. */
const JWKS_CACHE_S = 300;

const jwksCall = defineCall({
  id: "getKeys",
  method: "get",
  path: "/.well-known/jwks.json",
  tag: "Public",
  who: "anyone",
  summary: "Show the keys that sign passes",
  description: "Connectors verify with it what the edge lets through.",
  answer: {
    status: 200,
    description: "A JWK Set (RFC 7517).",
    schema: z.object({ keys: z.array(z.record(z.string(), z.string())) }).meta({ id: "Keys" }),
    headers: { "cache-control": `\`public, max-age=${JWKS_CACHE_S}\`` },
  },
});

const linkPathCall = defineCall({
  id: "openLink",
  method: "get",
  path: "/v1/p/{token}/{rest}",
  tag: "Public",
  who: "anyone",
  summary: "Open a link by its path form",
  description:
    "For those who cannot use wildcard hostnames: on to the hostname form, whatever the method, with the rest of the path and the query kept. `rest` may hold slashes, or be missing with its slash.",
  params: z.object({
    token: z.string().describe("A link's token, in any case."),
    rest: z.string().describe("Where the link leads."),
  }),
  misnamed: "link_malformed",
  answer: {
    status: 307,
    description: "The hostname form.",
    headers: { location: "`https://{token}.preview.{domain}/{rest}`" },
  },
});

/** What needs no credential. */
export function mountWithoutCredential(app: OpenAPIHono<ApiEnvironment>): void {
  mountCall(app, jwksCall, (context) => {
    context.header("cache-control", `public, max-age=${JWKS_CACHE_S}`);
    context.header("access-control-allow-origin", "*");
    return { keys: [...context.env.edge.settings.passJwks] };
  });

  app.openAPIRegistry.registerPath(documentCall(linkPathCall));
  app.all("/v1/p/*", (context) => {
    const location = parseLinkPath(new URL(context.req.url), context.env.edge.settings.domains.linkDomain);
    return isRefusal(location) ? answerRefusal(context, location) : context.redirect(location, 307);
  });
}
