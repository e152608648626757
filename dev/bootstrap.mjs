// The first step of `npm start`, `npm test` and the benches on any machine with Node ≥ 20: installs the dependencies of
// the lock file, then continues in the Node that is one of them. Plain JavaScript, because the machine's own Node runs it.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installDependencies } from "./bootstrap/install-dependencies.mjs";
import { runToEnd } from "./bootstrap/run-to-end.mjs";
import { SetUpError } from "./bootstrap/set-up-error.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE = join(ROOT, "node_modules", ".bin", "node");
const MIN_NODE = 20;
const [command, ...rest] = process.argv.slice(2);

const ENTRIES = {
  start: [join(ROOT, "dev", "start", "main.ts")],
  test: [join(ROOT, "dev", "test.ts")],
  "bench:relay": [join(ROOT, "bench", "relay", "main.ts")],
  "bench:edge": [join(ROOT, "bench", "edge", "main.ts")],
  "bench:host": [join(ROOT, "bench", "host", "main.ts")],
  "bench:waiting": [join(ROOT, "bench", "waiting", "main.ts")],
  "bench:reload": [join(ROOT, "bench", "reload", "main.ts")],
  "bench:scale": [join(ROOT, "simulation", "main.ts")],
  package: [join(ROOT, "dev", "package", "main.ts")],
  "deploy:check": [join(ROOT, "dev", "deploy", "check", "main.ts")],
  deploy: [join(ROOT, "dev", "deploy", "main.ts")],
  "deploy:rotate": [join(ROOT, "dev", "deploy", "rotate", "main.ts")],
  "deploy:zone": [join(ROOT, "dev", "deploy", "zone", "main.ts")],
  "deploy:smoke": [join(ROOT, "dev", "deploy", "smoke", "main.ts")],
  matrix: [join(ROOT, "test", "dev-servers", "main.ts")],
};

const entry = ENTRIES[command];
if (entry === undefined) {
  console.error(`usage: node dev/bootstrap.mjs ${Object.keys(ENTRIES).join("|")}`);
  process.exit(2);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, endWhileInstalling);
try {
  assertSystem();
  await installDependencies(ROOT, NODE);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(signal, endWhileInstalling);
  process.exit(await runToEnd(NODE, [...entry, ...rest], ROOT, command === "start"));
} catch (error) {
  if (!(error instanceof SetUpError)) throw error;
  console.error(error.message);
  process.exit(1);
}

function endWhileInstalling() {
  process.exit(1);
}

function assertSystem() {
  if (process.platform === "win32")
    throw new SetUpError("This runs on Linux and macOS. On Windows, use WSL.");
  const version = process.versions.node;
  if (Number.parseInt(version, 10) < MIN_NODE)
    throw new SetUpError(
      `Node ${MIN_NODE} or newer is needed; this is ${version}. https://nodejs.org has it.`,
    );
}
