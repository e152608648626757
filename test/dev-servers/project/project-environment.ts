import { dirname, join } from "node:path";
import { NODE_BINARY } from "../../../lab/node-binary.ts";

/** Environment of a project's commands: its own programs first, then our Node; nothing reports home, nothing has colours. */
export function projectEnvironment(folder: string): Record<string, string> {
  return {
    PATH: `${join(folder, "node_modules", ".bin")}:${dirname(NODE_BINARY)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    HOME: folder,
    LANG: "C.UTF-8",
    NO_COLOR: "1",
    BROWSER: "none",
    ASTRO_TELEMETRY_DISABLED: "1",
    NEXT_TELEMETRY_DISABLED: "1",
    NUXT_TELEMETRY_DISABLED: "1",
    STORYBOOK_DISABLE_TELEMETRY: "1",
    NG_CLI_ANALYTICS: "false",
  };
}
