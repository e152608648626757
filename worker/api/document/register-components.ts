import type { OpenAPIHono } from "@hono/zod-openapi";
import { PROBLEM, problemSchema } from "../schemas/problem-schema.ts";
import { registerHeaders } from "./document-headers.ts";

const CREDENTIALS = {
  apiToken:
    "A workspace's API token, `pvw_…`. Its role is `viewer` (reads), `developer` or `owner`; it may expire.",
  orgToken:
    "An org's token, `pvo_…`: an owner in all workspaces of the org. Where a call does not name what it is about, it names a `workspace`, unless the org has only one.",
  adminToken: "The token of the operator of the deployment.",
  enrolmentToken: "The one-time token with which a host enrols itself, `pve_…`.",
  hostToken:
    "A JWT that the host signed with its own key (EdDSA): `iss` the host, `aud` `preview-edge`, `iat` and `exp` at most a minute apart.",
} as const;

/** Registers the components that the calls of the document refer to. */
export function registerComponents(app: Pick<OpenAPIHono, "openAPIRegistry">): void {
  app.openAPIRegistry.register(PROBLEM, problemSchema);
  registerHeaders(app);
  for (const [name, description] of Object.entries(CREDENTIALS)) {
    const bearerFormat = name === "hostToken" ? "JWT" : "opaque";
    app.openAPIRegistry.registerComponent("securitySchemes", name, {
      type: "http",
      scheme: "bearer",
      bearerFormat,
      description,
    });
  }
}
