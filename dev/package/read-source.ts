import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** The root of this repository. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

/** Reads a file of this repository. */
export function readSource(path: string): Promise<string> {
  return readFile(`${ROOT}/${path}`, "utf8");
}

/** The maintainer scripts in a folder of `packaging/`. */
export async function readScripts(folder: string): Promise<Record<string, string>> {
  const names = ["postinst", "prerm", "postrm"];
  const scripts = names.map(async (name) => [name, await readSource(`packaging/${folder}/${name}`)] as const);
  return Object.fromEntries(await Promise.all(scripts));
}
