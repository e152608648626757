import { Command } from "commander";
import { runProgram } from "../run-program.ts";
import { DEPLOYMENT_FILE, readDeployment } from "../settings/deployment.ts";
import { SecretFiles } from "../settings/secrets.ts";
import { DEPLOYED_CONFIG } from "../settings/wrangler-config.ts";
import { createWrangler } from "../wrangler.ts";
import { checkDeployment, describeReport } from "./check-deployment.ts";

interface Options {
  readonly deployment: string;
  readonly acceptSharedSite: boolean;
  readonly secrets: boolean;
}

const program = new Command("npm run deploy:check --")
  .description("Checks a deployment of the edge as far as this is possible offline.")
  .option("--deployment <file>", "what is deployed", DEPLOYMENT_FILE)
  .option(
    "--accept-shared-site",
    "previews may share cookies: the domains are on no Public Suffix List",
    false,
  )
  .option("--no-secrets", "the secrets are kept elsewhere")
  .action((options: Options) => runProgram(() => check(options)));
await program.parseAsync(process.argv.slice(2), { from: "user" });

async function check(options: Options): Promise<number> {
  const file = await readDeployment(options.deployment);
  const deployment = { ...file, acceptSharedSite: file.acceptSharedSite || options.acceptSharedSite };
  const secrets = options.secrets ? new SecretFiles() : undefined;
  const report = await checkDeployment(deployment, secrets, createWrangler(), DEPLOYED_CONFIG);
  console.log(describeReport(report));
  return report.problems.length === 0 ? 0 : 1;
}
