import { readFile, writeFile } from "node:fs/promises";
import type { Deployment } from "./deployment.ts";
import { parseToml } from "./deployment.ts";

/** The Worker as the repository has it. */
export const BASE_CONFIG = "wrangler.toml";

/** The Worker as it is deployed: generated beside the first one, so that its paths hold. */
export const DEPLOYED_CONFIG = "wrangler.deployed.json";

export type WranglerConfig = Readonly<Record<string, unknown>>;

/** Reads the repository's configuration as it is written, without Wrangler's defaults. */
export async function readBaseConfig(path: string = BASE_CONFIG): Promise<WranglerConfig> {
  return parseToml(await readFile(path, "utf8"), path);
}

/** The configuration of one deployment: domains, routes and account added to the repository's. */
export function createWranglerConfig(base: WranglerConfig, deployment: Deployment): WranglerConfig {
  const { previewDomain, linkDomain, abuseContact, accountId } = deployment;
  return {
    ...base,
    ...(accountId !== undefined && { account_id: accountId }),
    routes: listRoutes(deployment),
    vars: {
      ...(base.vars as object | undefined),
      PREVIEW_DOMAIN: previewDomain,
      ...(linkDomain !== `preview.${previewDomain}` && { LINK_DOMAIN: linkDomain }),
      ABUSE_CONTACT: abuseContact,
      ...deployment.vars,
    },
  };
}

type Route = { readonly pattern: string } & (
  | { readonly zone_name: string }
  | { readonly custom_domain: true }
);

/** A route's `*` matches dots, too: `*.example.com/*` covers the links below `preview.example.com`. */
function listRoutes({ previewDomain, linkDomain, previewZone, linkZone, vars }: Deployment): Route[] {
  const routes: Route[] = [{ pattern: `*.${previewDomain}/*`, zone_name: previewZone }];
  if (!linkDomain.endsWith(`.${previewDomain}`))
    routes.push({ pattern: `*.${linkDomain}/*`, zone_name: linkZone });
  // As a custom domain it gets its DNS record and its certificate from Cloudflare.
  if (vars.DASHBOARD_HOST) routes.push({ pattern: vars.DASHBOARD_HOST, custom_domain: true });
  return routes;
}

/** Writes the deployed configuration. */
export async function writeWranglerConfig(
  config: WranglerConfig,
  path: string = DEPLOYED_CONFIG,
): Promise<void> {
  await writeFile(path, `${JSON.stringify(config, undefined, 2)}\n`);
}
