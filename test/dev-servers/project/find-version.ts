import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../../lab/run-command.ts";
import type { Project } from "./project.ts";

/** The version of a project's server, as it is installed. */
export async function findVersion(folder: string, { version }: Project): Promise<string> {
  if ("text" in version) return version.text;
  if ("npm" in version) {
    const manifest = await readFile(join(folder, "node_modules", version.npm, "package.json"), "utf8");
    return (JSON.parse(manifest) as { version: string }).version;
  }
  const text = await runCommand("dpkg-query", ["-W", "-f", "$" + "{Version}", version.debian]);
  // Epoch and Debian's own revision are not the program's version.
  return text.replace(/^\d+:/, "").replace(/[-+].*$/, "");
}
