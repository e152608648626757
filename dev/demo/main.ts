import { endWithParent } from "../end-with-parent.ts";
import { startDemo } from "./start-demo.ts";

const { host = "127.0.0.1", port = 3000 } = JSON.parse(process.argv[2] ?? "{}") as {
  host?: string;
  port?: number;
};
const demo = await startDemo(host, port);
endWithParent(async () => {
  demo.close();
});
process.send?.("ready");
