import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import type { ApiContext, ApiEnvironment } from "../api-environment.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import type { ApiDocument } from "../document/create-document.ts";
import { createDocument } from "../document/create-document.ts";
import { referencePage } from "./reference-page.ts";
import { STYLE } from "./style.ts";

const CACHE_CONTROL = "public, max-age=300";

const documentCall = defineCall({
  id: "getDocument",
  method: "get",
  path: "/openapi.json",
  tag: "Public",
  who: "anyone",
  summary: "Show this description, for programs",
  response: {
    status: 200,
    description: "An OpenAPI 3.1 document.",
    schema: z.looseObject({ openapi: z.string().meta({ example: "3.1.0" }) }),
  },
});

const pageCall = defineCall({
  id: "getReference",
  method: "get",
  path: "/docs",
  tag: "Public",
  who: "anyone",
  summary: "Show this description, for people",
  response: { status: 200, description: "A page.", mediaType: "text/html" },
});

/** The API's description, for programs and for people. */
export function mountReference(app: OpenAPIHono<ApiEnvironment>): void {
  let made: ApiDocument | undefined;
  const documentFor = (context: ApiContext): ApiDocument => {
    made ??= createDocument(app);
    return { ...made, servers: [{ url: new URL(context.req.url).origin }] };
  };

  mountCall(app, documentCall, (context) => {
    context.header("cache-control", CACHE_CONTROL);
    context.header("access-control-allow-origin", "*");
    return { ...documentFor(context) };
  });

  mountCall(app, pageCall, async (context) => {
    context.header("cache-control", CACHE_CONTROL);
    context.header("content-security-policy", await contentSecurityPolicy());
    context.header("x-content-type-options", "nosniff");
    return context.html(referencePage(documentFor(context)));
  });
}

async function contentSecurityPolicy(): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(STYLE));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}
