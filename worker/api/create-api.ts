import { OpenAPIHono } from "@hono/zod-openapi";
import { refuse } from "../../shared/refusal.ts";
import { mountAdminHosts } from "./admin-hosts.ts";
import { mountAdminOrgs } from "./admin-orgs.ts";
import { mountAdminTokens } from "./admin-tokens.ts";
import { mountAdminWorkspaces } from "./admin-workspaces.ts";
import { answerRefusal } from "./answer.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { explainError } from "./explain-error.ts";
import { mountHosts } from "./hosts.ts";
import { mountLaunch } from "./launch.ts";
import { mountOrgRateLimit } from "./org-rate-limit.ts";
import { mountPreviewTokens } from "./preview-tokens.ts";
import { mountReference } from "./reference/mount-reference.ts";
import { refuseOtherMethods } from "./refuse-other-methods.ts";
import { registerComponents } from "./register-components.ts";
import { mountSandboxes } from "./sandboxes.ts";
import { mountSigningKeys } from "./signing-keys.ts";
import { mountWithoutCredential } from "./without-credential.ts";

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
