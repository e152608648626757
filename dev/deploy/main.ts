import { Command, InvalidArgumentError } from "commander";
import { deploy } from "./deploy.ts";
import { runProgram } from "./run-program.ts";
import { DEPLOYMENT_FILE, readDeployment } from "./settings/deployment.ts";
import { SecretFiles } from "./settings/secrets.ts";
import { DEPLOYED_CONFIG } from "./settings/wrangler-config.ts";
import { EdgeClient } from "./smoke/edge-client.ts";
import { createWrangler } from "./wrangler.ts";

interface Options {
  readonly deployment: string;
  readonly acceptSharedSite: boolean;
  readonly org: string;
  readonly workspace: string;
  readonly host: string;
  readonly websocketPath: string;
  readonly wait: number;
}

const MINUTE_MS = 60_000;
const MAX_WAIT_MINUTES = 24 * 60;

const program = new Command("npm run deploy --")
  .description(
    "Deploys the edge, from an empty account to the first preview. A repeated run goes on where it stopped.",
  )
  .option("--deployment <file>", "what is deployed", DEPLOYMENT_FILE)
  .option(
    "--accept-shared-site",
    "previews may share cookies: the domains are on no Public Suffix List",
    false,
  )
  .option("--org <id>", "the first org", "main")
  .option("--workspace <id>", "its workspace", "main")
  .option("--host <id>", "the first host", "host-1")
  .option("--websocket-path <path>", "where the first app accepts WebSockets", "/")
  .option(
    "--wait <minutes>",
    "how long to wait for the host and its first sandbox; 0: not at all",
    toMinutes,
    60,
  )
  .action((options: Options) => runProgram(() => run(options)));
await program.parseAsync(process.argv.slice(2), { from: "user" });

async function run(options: Options): Promise<number> {
  const file = await readDeployment(options.deployment);
  const client = new EdgeClient();
  try {
    const isVisited = await deploy({
      deployment: { ...file, acceptSharedSite: file.acceptSharedSite || options.acceptSharedSite },
      files: new SecretFiles(),
      wrangler: createWrangler(),
      client,
      configPath: DEPLOYED_CONFIG,
      org: options.org,
      workspace: options.workspace,
      host: options.host,
      webSocketPath: options.websocketPath,
      waitMs: options.wait * MINUTE_MS,
      say: (line) => console.log(line),
    });
    return isVisited || options.wait === 0 ? 0 : 1;
  } finally {
    await client.close();
  }
}

function toMinutes(text: string): number {
  const minutes = Number(text);
  if (Number.isInteger(minutes) && minutes >= 0 && minutes <= MAX_WAIT_MINUTES) return minutes;
  throw new InvalidArgumentError(`must be 0 to ${MAX_WAIT_MINUTES} minutes`);
}
