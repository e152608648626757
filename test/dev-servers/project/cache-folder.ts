import { homedir } from "node:os";
import { join } from "node:path";

/** Where projects are kept between runs: making one takes up to minutes, and needs the npm registry. */
export const CACHE_FOLDER: string = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"),
  "preview-urls",
  "dev-servers",
);
