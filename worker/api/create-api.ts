import { OpenAPIHono } from "@hono/zod-openapi";
import { refuse } from "../../shared/refusal/refusal.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { mountApiTokens } from "./calls/api-tokens.ts";
import { mountGuests } from "./calls/guests.ts";
import { mountHosts } from "./calls/hosts.ts";
import { mountLinkPaths } from "./calls/link-paths.ts";
import { mountOrgRateLimits } from "./calls/org-rate-limits.ts";
import { mountOrgs } from "./calls/orgs.ts";
import { mountPassKeys } from "./calls/pass-keys.ts";
import { mountPreviewTokens } from "./calls/preview-tokens.ts";
import { mountSandboxLifecycle } from "./calls/sandbox-lifecycle.ts";
import { mountSandboxes } from "./calls/sandboxes.ts";
import { mountSigningKeys } from "./calls/signing-keys.ts";
import { mountWorkspaces } from "./calls/workspaces.ts";
import { registerComponents } from "./document/register-components.ts";
import { explainError } from "./explain-error.ts";
import { problemResponse } from "./problem-response.ts";
import { mountReference } from "./reference/mount-reference.ts";
import { refuseOtherMethods } from "./refuse-other-methods.ts";

/** The REST API at `https://api.{domain}`, its calls in the order in which its document shows them. */
export function createApi(): OpenAPIHono<ApiEnvironment> {
  const app = new OpenAPIHono<ApiEnvironment>();
  registerComponents(app);
  mountSandboxLifecycle(app);
  mountSandboxes(app);
  mountPreviewTokens(app);
  mountSigningKeys(app);
  mountOrgRateLimits(app);
  mountOrgs(app);
  mountWorkspaces(app);
  mountApiTokens(app);
  mountHosts(app);
  mountGuests(app);
  mountPassKeys(app);
  mountLinkPaths(app);
  mountReference(app);
  refuseOtherMethods(app);
  app.notFound((context) => problemResponse(context, refuse("not_found")));
  app.onError((error, context) => problemResponse(context, explainError(error, context.env.requestId)));
  return app;
}
