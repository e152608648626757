import { describe } from "vitest";
import { connections } from "./connections.ts";
import { headerPolicy } from "./header-policy.ts";
import { requestFraming } from "./request-framing.ts";
import { responseFraming } from "./response-framing.ts";
import { Stage } from "./stage.ts";
import type { StartTarget, TargetCapabilities } from "./target.ts";
import { waiting } from "./waiting.ts";
import { webSockets } from "./websockets.ts";

/** The duties of a relay towards visitor and guest, tested as a black box, with raw sockets at both ends. */
export function conformanceSuite(name: string, capabilities: TargetCapabilities, start: StartTarget): void {
  describe(name, () => {
    const stage = Stage.create(capabilities, start);
    requestFraming(stage);
    responseFraming(stage);
    connections(stage);
    headerPolicy(stage);
    webSockets(stage);
    waiting(stage);
  });
}
