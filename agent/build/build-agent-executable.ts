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
 * Builds the agent as a single executable for guests without Node. The same sources and binaries give the same bytes:
 * the blob holds neither a code cache nor a snapshot, which also would fit one architecture only.
 *
 * Does to a Linux binary what the tool `postject` does: the blob becomes an ELF note, and the fuse is set (Node.js
 * documentation, "Single executable applications"). Node 24 has no `--build-sea`.
 *
 * @param target a Linux Node 24 binary, for the guest's architecture
 * @param node of the same version, for this computer
 */
export async function buildAgentExecutable(target: Uint8Array, node = process.execPath): Promise<Buffer> {
  const blob = await prepareBlob(node);
  return setFuse(injectElfNote(Buffer.from(target), NOTE_NAME, blob));
}

async function prepareBlob(node: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "agent-executable-"));
  try {
    await buildAgent(join(folder, "agent.cjs"));
    const config = {
      // The blob holds this path, so it is relative.
      main: "agent.cjs",
      output: "agent.blob",
      disableExperimentalSEAWarning: true,
      execArgv: NODE_FLAGS,
      execArgvExtension: "none",
    };
    await writeFile(join(folder, "sea.json"), JSON.stringify(config));
    await run(node, ["--experimental-sea-config", "sea.json"], { cwd: folder });
    return await readFile(join(folder, "agent.blob"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function setFuse(binary: Buffer): Buffer {
  const at = binary.indexOf(FUSE);
  if (at === -1) throw new TypeError("the Node binary has no fuse for a single executable");
  binary.write("1", at + FUSE.length, "latin1");
  return binary;
}
