import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Unix socket's path has at most 108 bytes on Linux, 104 on macOS. */
const MAX_SOCKET_PATH_BYTES = 100;

/** The control socket, inside the state directory where its path is short enough. */
export async function findControlSocket(stateDirectory: string): Promise<string> {
  const inside = join(stateDirectory, "connector", "control.sock");
  if (Buffer.byteLength(inside) <= MAX_SOCKET_PATH_BYTES) return inside;
  const name = createHash("sha256").update(stateDirectory).digest("hex").slice(0, 16);
  const directory = join(tmpdir(), `preview-${name}`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return join(directory, "control.sock");
}
