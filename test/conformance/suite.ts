import { describe } from "vitest";
import { connections } from "./connections.ts";
import { headerPolicy } from "./header-policy.ts";
import { requestFraming } from "./request-framing.ts";
import { responseFraming } from "./response-framing.ts";
import { Stage } from "./stage.ts";
import type { StartTarget } from "./target.ts";
import { webSockets } from "./websockets.ts";

/** Everything that a relay owes to visitor and guest, black box, on raw sockets at both ends. */
export function conformanceSuite(name: string, start: StartTarget): void {
  describe(name, () => {
    const stage = Stage.set(start);
    requestFraming(stage);
    responseFraming(stage);
    connections(stage);
    headerPolicy(stage);
    webSockets(stage);
  });
}
