import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { Command } from "commander";
import { runProgram } from "../run-program.ts";
import { SecretFiles } from "../settings/secrets.ts";
import { BASE_CONFIG, DEPLOYED_CONFIG } from "../settings/wrangler-config.ts";
import { createWrangler } from "../wrangler.ts";
import type { Rotation } from "./rotate.ts";
import { finishLinkSecret, rotateAdminToken, rotateLinkSecret, rotatePassKey } from "./rotate.ts";

const rotation: Rotation = {
  files: new SecretFiles(),
  wrangler: createWrangler(),
  configPath: existsSync(DEPLOYED_CONFIG) ? DEPLOYED_CONFIG : BASE_CONFIG,
  pause: (ms) => setTimeout(ms),
  say: (line) => console.log(line),
};

const program = new Command("npm run deploy:rotate --").description(
  "Replaces a secret of the deployed edge.",
);
program
  .command("link-secret")
  .description("the secret that signs links")
  .option("--leaked", "end all links at once", false)
  .option("--finish", "a week later: remove the former one", false)
  .action(({ leaked, finish }: { leaked: boolean; finish: boolean }) =>
    run(() => (finish ? finishLinkSecret(rotation) : rotateLinkSecret(rotation, leaked))),
  );
program
  .command("pass-key")
  .description("the key that signs passes; takes four minutes")
  .option("--leaked", "replace it at once; visitors may be refused for some seconds", false)
  .action(({ leaked }: { leaked: boolean }) => run(() => rotatePassKey(rotation, leaked)));
program
  .command("admin-token")
  .description("the admin token; the former one is refused at once")
  .action(() => run(() => rotateAdminToken(rotation)));
await program.parseAsync(process.argv.slice(2), { from: "user" });

function run(rotate: () => Promise<void>): Promise<void> {
  return runProgram(async () => {
    await rotate();
    return 0;
  });
}
