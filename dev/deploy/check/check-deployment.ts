import { rm } from "node:fs/promises";
import type { Deployment } from "../settings/deployment.ts";
import type { SecretFiles } from "../settings/secrets.ts";
import { createWranglerConfig, readBaseConfig, writeWranglerConfig } from "../settings/wrangler-config.ts";
import type { RunWrangler } from "../wrangler.ts";
import { checkBundle } from "./check-bundle.ts";
import { checkConfig } from "./check-config.ts";
import { checkDomains } from "./check-domains.ts";
import { checkSecrets } from "./check-secrets.ts";
import type { Problem } from "./problem.ts";

export interface DeploymentReport {
  readonly problems: readonly Problem[];
  /** Of the Worker's code. */
  readonly gzipBytes: number;
}

/**
 * Checks a deployment as far as this is possible without a network, and writes its configuration for Wrangler.
 *
 * @param secrets absent where they are kept elsewhere
 * @param configPath where the configuration is written; removed where something is wrong with it
 */
export async function checkDeployment(
  deployment: Deployment,
  secrets: SecretFiles | undefined,
  wrangler: RunWrangler,
  configPath: string,
): Promise<DeploymentReport> {
  const config = createWranglerConfig(await readBaseConfig(), deployment);
  await writeWranglerConfig(config, configPath);
  const bundle = await checkBundle(wrangler, configPath);
  const problems = [
    ...checkDomains(deployment),
    ...(await checkConfig(config)),
    ...(secrets === undefined ? [] : await checkSecrets(await secrets.read())),
    ...bundle.problems,
  ];
  if (problems.length > 0) await rm(configPath, { force: true });
  return { problems, gzipBytes: bundle.gzipBytes };
}

/** The report for a person. */
export function describeReport({ problems, gzipBytes }: DeploymentReport): string {
  const size = gzipBytes > 0 ? [`Worker: ${gzipBytes} bytes compressed`] : [];
  const lines = problems.map(({ name, text }) => `✗ ${name}: ${text}`);
  return [...size, ...(lines.length > 0 ? lines : ["✓ nothing to correct"])].join("\n");
}
