import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildAgent } from "./build-agent.ts";
import { injectElfNote } from "./inject-elf-note.ts";

const run = promisify(execFile);

/** The heap does not grow beyond what the agent needs. */
const NODE_FLAGS = ["--max-old-space-size=32", "--max-semi-space-size=1", "--v8-pool-size=0"];

const NOTE_NAME = "NODE_SEA_BLOB";
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:";

/**
 * Builds the agent as a single executable for guests without Node.
 *
 * Does to a Linux binary what the tool `postject` does: the blob becomes an ELF note, and the fuse is set (Node.js
 * documentation, "Single executable applications").
 *
 * @param node a Linux Node 24 binary, for the guest's architecture; must run here
 */
export async function buildAgentExecutable(outfile: string, node = process.execPath): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "agent-executable-"));
  try {
    const blob = await prepareBlob(folder, node);
    const binary = injectElfNote(await readFile(node), NOTE_NAME, blob);
    await writeFile(outfile, setFuse(binary), { mode: 0o755 });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function prepareBlob(folder: string, node: string): Promise<Buffer> {
  const main = join(folder, "agent.cjs");
  const output = join(folder, "agent.blob");
  const config = join(folder, "sea.json");
  await buildAgent(main);
  await writeFile(
    config,
    JSON.stringify({
      main,
      output,
      disableExperimentalSEAWarning: true,
      execArgv: NODE_FLAGS,
      execArgvExtension: "none",
    }),
  );
  await run(node, ["--experimental-sea-config", config]);
  return readFile(output);
}

function setFuse(binary: Buffer): Buffer {
  const at = binary.indexOf(FUSE);
  if (at === -1) throw new TypeError("the Node binary has no fuse for a single executable");
  binary.write("1", at + FUSE.length, "latin1");
  return binary;
}
