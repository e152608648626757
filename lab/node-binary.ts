import { createRequire } from "node:module";

/**
 * The Node of this repository's dependencies: it goes into images, and runs the lab's own processes, because
 * the one that runs a test may be too old to strip types.
 */
export const NODE_BINARY: string = createRequire(import.meta.url).resolve("node/bin/node");
