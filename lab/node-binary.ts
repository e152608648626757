import { createRequire } from "node:module";

/**
 * The Node of this repository's dependencies. Images contain it, and the lab's own processes run on it, because the Node
 * that runs a test may be too old to strip types.
 */
export const NODE_BINARY: string = createRequire(import.meta.url).resolve("node/bin/node");
