import pino from "pino";
import { readConfig } from "../../connector/config.ts";
import { startConnector } from "../../connector/connector.ts";
import { endWithParent } from "../end-with-parent.ts";

const connector = await startConnector(await readConfig(process.argv[2] ?? ""), pino());
endWithParent(async () => connector.destroy());
process.send?.("ready");
