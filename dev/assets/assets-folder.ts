import { fileURLToPath } from "node:url";

/** Where the files beside the Worker are built; `wrangler.toml` names it, too. */
export const ASSETS_FOLDER: string = fileURLToPath(new URL("../../dist/assets", import.meta.url));
