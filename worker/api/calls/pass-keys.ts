import * as z from "zod";
import { JWKS_PATH } from "../../../shared/protocol/host-api.ts";
import type { ApiApp } from "../api-app.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";

/** For caches on the way to connectors. A connector reloads the keys when a pass names one that it does not know. */
const JWKS_CACHE_S = 300;

const showCall = defineCall({
  id: "getKeys",
  method: "get",
  path: JWKS_PATH,
  tag: "Public",
  who: "anyone",
  summary: "Show the keys that sign passes",
  description: "Connectors verify with them the requests that the edge forwards.",
  response: {
    status: 200,
    description: "A JWK Set (RFC 7517).",
    schema: z.object({ keys: z.array(z.record(z.string(), z.string())) }).meta({ id: "Keys" }),
    headers: { "cache-control": `\`public, max-age=${JWKS_CACHE_S}\`` },
  },
});

/** The public keys that verify passes. */
export function mountPassKeys(app: ApiApp): void {
  mountCall(app, showCall, (context) => {
    context.header("cache-control", `public, max-age=${JWKS_CACHE_S}`);
    context.header("access-control-allow-origin", "*");
    return { keys: [...context.env.edge.settings.passJwks] };
  });
}
