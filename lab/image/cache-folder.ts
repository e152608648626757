import { fileURLToPath } from "node:url";

/** Keeps Debian packages and images between runs. */
export const CACHE_FOLDER: string = fileURLToPath(new URL("../../.preview/lab", import.meta.url));
