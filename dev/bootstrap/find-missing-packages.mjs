import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** npm's list of what it has installed here: without packages for other systems. */
const RECORD = join("node_modules", ".package-lock.json");

export function findMissingPackages(root) {
  let record;
  try {
    record = JSON.parse(readFileSync(join(root, RECORD), "utf8"));
  } catch {
    return undefined;
  }
  return Object.entries(record.packages ?? {})
    .filter(([, { link }]) => link !== true)
    .map(([path]) => path)
    .filter((path) => !existsSync(join(root, path, "package.json")));
}
