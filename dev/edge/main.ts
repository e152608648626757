import { endWithParent } from "../end-with-parent.ts";
import type { EdgeOptions } from "./start-edge.ts";
import { startEdge } from "./start-edge.ts";

const options = JSON.parse(process.argv[2] ?? "{}") as EdgeOptions;
const edge = await startEdge(options);
endWithParent(() => edge.stop());
process.send?.("ready");
