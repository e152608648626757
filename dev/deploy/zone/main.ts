import { Command } from "commander";
import { runProgram } from "../run-program.ts";
import { DEPLOYMENT_FILE, readDeployment } from "../settings/deployment.ts";
import { compareZones } from "./compare-zones.ts";
import { createClient } from "./create-client.ts";
import { describeResult, hasDifferences } from "./describe-results.ts";

interface Options {
  readonly deployment: string;
  readonly apply: boolean;
}

const program = new Command("npm run deploy:zone --")
  .description(
    "Compares the previews' zone at Cloudflare with what is needed. The token is CLOUDFLARE_API_TOKEN.",
  )
  .option("--deployment <file>", "what is deployed", DEPLOYMENT_FILE)
  .option("--apply", "set what differs", false)
  .action((options: Options) => runProgram(() => compare(options)));
await program.parseAsync(process.argv.slice(2), { from: "user" });

async function compare({ deployment, apply }: Options): Promise<number> {
  const client = createClient();
  const results = await compareZones(client, await readDeployment(deployment), apply, (result) =>
    console.log(describeResult(result)),
  );
  if (!hasDifferences(results)) return 0;
  if (!apply) console.log("\nSet what differs: npm run deploy:zone -- --apply");
  return 1;
}
