import * as z from "zod";
import { API_ORIGIN_PLACEHOLDER, REFERENCE_ASSETS } from "../../assets/asset-paths.ts";
import { findAsset } from "../../assets/find-asset.ts";
import type { ApiApp } from "../api-app.ts";
import type { ApiContext } from "../api-environment.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";

const CACHE_CONTROL = "public, max-age=300";
const STYLE = /<style>([^<]*)<\/style>/;

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

/** The API's description, which was rendered when the Worker was built: only its origin is that of the request. */
export function mountReference(app: ApiApp): void {
  mountCall(app, documentCall, async (context) => {
    const text = await readReference(context, "document");
    context.header("cache-control", CACHE_CONTROL);
    context.header("access-control-allow-origin", "*");
    return context.body(text, 200, { "content-type": "application/json" });
  });

  mountCall(app, pageCall, async (context) => {
    const page = await readReference(context, "page");
    context.header("cache-control", CACHE_CONTROL);
    context.header("content-security-policy", await contentSecurityPolicy(page));
    context.header("x-content-type-options", "nosniff");
    return context.html(page);
  });
}

/** @throws {Error} where the Worker was deployed without its assets */
async function readReference(context: ApiContext, kind: keyof typeof REFERENCE_ASSETS): Promise<string> {
  const path = REFERENCE_ASSETS[kind];
  const asset = await findAsset(context.env.environment, path);
  if (asset === undefined) throw new Error(`there is no asset ${path}`);
  return (await asset.text()).replaceAll(API_ORIGIN_PLACEHOLDER, new URL(context.req.url).origin);
}

async function contentSecurityPolicy(page: string): Promise<string> {
  const style = STYLE.exec(page)?.[1] ?? "";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}
