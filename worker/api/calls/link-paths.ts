import * as z from "zod";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import type { ApiApp } from "../api-app.ts";
import { defineCall } from "../call/call.ts";
import { parseLinkPath } from "../parse-link-path.ts";
import { problemResponse } from "../problem-response.ts";

const openCall = defineCall({
  id: "openLink",
  method: "get",
  path: "/v1/p/{token}/{rest}",
  tag: "Public",
  who: "anyone",
  summary: "Open a link by its path form",
  description:
    "For clients that cannot use wildcard hostnames. Redirects to the hostname form, for every method, and keeps the rest of the path and the query. `rest` may contain slashes; it may be absent together with its slash.",
  params: z.object({
    token: z.string().describe("A link's token, in any case."),
    rest: z.string().describe("The path that the link opens."),
  }),
  paramsRefusal: "link_invalid",
  response: {
    status: 307,
    description: "The hostname form.",
    headers: { location: "`https://{token}.preview.{domain}/{rest}`" },
  },
});

/** The path form of signed links. Hono matches a `rest` with slashes only as `*`, so the call is mounted by hand. */
export function mountLinkPaths(app: ApiApp): void {
  app.calls.push(openCall);
  app.all("/v1/p/*", (context) => {
    const location = parseLinkPath(new URL(context.req.url), context.env.edge.settings.domains.linkDomain);
    return isRefusal(location) ? problemResponse(context, location) : context.redirect(location, 307);
  });
}
