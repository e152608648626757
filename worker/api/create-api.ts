import { OpenAPIHono } from "@hono/zod-openapi";
import { refuse } from "../../shared/refusal/refusal.ts";
import { answerRefusal } from "./answer.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { mountAdminHosts } from "./calls/admin-hosts.ts";
import { mountAdminOrgs } from "./calls/admin-orgs.ts";
import { mountAdminTokens } from "./calls/admin-tokens.ts";
import { mountAdminWorkspaces } from "./calls/admin-workspaces.ts";
import { mountHosts } from "./calls/hosts.ts";
import { mountLaunch } from "./calls/launch.ts";
import { mountOrgRateLimit } from "./calls/org-rate-limit.ts";
import { mountPreviewTokens } from "./calls/preview-tokens.ts";
import { mountSandboxes } from "./calls/sandboxes.ts";
import { mountSigningKeys } from "./calls/signing-keys.ts";
import { mountWithoutCredential } from "./calls/without-credential.ts";
import { registerComponents } from "./document/register-components.ts";
import { explainError } from "./explain-error.ts";
import { mountReference } from "./reference/mount-reference.ts";
import { refuseOtherMethods } from "./refuse-other-methods.ts";

/** The REST API at `https://api.{domain}`, in the order in which its document shows it. */
export function createApi(): OpenAPIHono<ApiEnvironment> {
  const app = new OpenAPIHono<ApiEnvironment>();
  registerComponents(app);
  mountLaunch(app);
  mountSandboxes(app);
  mountPreviewTokens(app);
  mountSigningKeys(app);
  mountOrgRateLimit(app);
  mountAdminOrgs(app);
  mountAdminWorkspaces(app);
  mountAdminTokens(app);
  mountAdminHosts(app);
  mountHosts(app);
  mountWithoutCredential(app);
  mountReference(app);
  refuseOtherMethods(app);
  app.notFound((context) => answerRefusal(context, refuse("not_found")));
  app.onError((error, context) => answerRefusal(context, explainError(error, context.env.requestId)));
  return app;
}
