import { env } from "cloudflare:workers";
import { Hono } from "hono";
import type { Environment } from "./environment.ts";
import { useHostCertificate } from "./hosts/fetch-host.ts";
import { serveRequest } from "./serve-request.ts";

export { Host } from "./objects/host.ts";
export { Org } from "./objects/org.ts";
export { Sandbox } from "./objects/sandbox.ts";
export { Workspace } from "./objects/workspace.ts";

useHostCertificate((env as unknown as Environment).HOST_CERTIFICATE);

const app = new Hono<{ Bindings: Environment }>();
app.all("*", (context) => serveRequest(context.req.raw, context.env, context.executionCtx));

export default app;
