import * as net from "node:net";
import { endWithParent } from "../end-with-parent.ts";
import { OptionsFile } from "../options-file.ts";
import type { RequestLine } from "./request-line.ts";
import type { EdgeOptions } from "./start-edge.ts";
import { startEdge } from "./start-edge.ts";

/** Miniflare does not report that its workerd has died. */
const WATCH_INTERVAL_MS = 500;

const options = await new OptionsFile<EdgeOptions>(process.argv[2] ?? "").read();
const edge = await startEdge(options, (requestLine) => process.send?.({ requestLine } satisfies RequestLine));
endWithParent(() => edge.stop());
process.send?.("ready");
setInterval(endUnlessListening, WATCH_INTERVAL_MS);

/** The supervisor then restarts this process, with a new workerd. */
function endUnlessListening(): void {
  const probe = net.connect(options.port, options.host);
  probe.once("connect", () => probe.destroy());
  probe.once("error", () => process.exit(1));
}
