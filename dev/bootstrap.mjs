// The first step of `npm start`, `npm test` and the benches on any machine with Node ≥ 20: installs the dependencies of
// the lock file, then continues in the Node that is one of them. Plain JavaScript, because the machine's own Node runs it.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const STAMP = join(ROOT, "node_modules", ".installed-lock");
const NODE = join(ROOT, "node_modules", ".bin", "node");
const [command, ...rest] = process.argv.slice(2);

const ENTRIES = {
  start: [join(ROOT, "dev", "start", "main.ts")],
  test: [join(ROOT, "dev", "test.ts")],
  "bench:relay": [join(ROOT, "bench", "relay", "main.ts")],
  "bench:edge": [join(ROOT, "bench", "edge", "main.ts")],
  "bench:waiting": [join(ROOT, "bench", "waiting", "main.ts")],
  "bench:scale": [join(ROOT, "simulation", "main.ts")],
  package: [join(ROOT, "dev", "package", "main.ts")],
  matrix: [join(ROOT, "test", "dev-servers", "main.ts")],
};

const entry = ENTRIES[command];
if (entry === undefined) {
  console.error(`usage: node dev/bootstrap.mjs ${Object.keys(ENTRIES).join("|")}`);
  process.exit(2);
}
installDependencies();
run([...entry, ...rest]);

function installDependencies() {
  const lock = createHash("sha256")
    .update(readFileSync(join(ROOT, "package-lock.json")))
    .digest("hex");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === lock && existsSync(NODE)) return;
  process.stderr.write("Installing dependencies (once for each change of package-lock.json) …\n");
  const installed = spawnSync("npm", ["ci", "--loglevel=error", "--no-audit", "--no-fund", "--no-json"], {
    cwd: ROOT,
    stdio: ["ignore", process.stderr, process.stderr],
  });
  if (installed.status !== 0) {
    console.error("npm ci failed; see above.");
    process.exit(1);
  }
  writeFileSync(STAMP, lock);
}

/** The child shares the terminal, so Ctrl-C reaches it directly; a signal to this process alone is passed on. */
function run(args) {
  const child = spawn(NODE, args, {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, PATH: `${dirname(NODE)}:${process.env.PATH}` },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
}
