import { PortWatches } from "../../../connector/guests/port-watches.ts";
import type { Upstream } from "../../../connector/relay/relay.ts";
import { isRefusal } from "../../../shared/refusal/refusal.ts";

/** Finds a port open by dials, as a connector does for a guest without an agent. */
export function watchDials(port: number, dial: Upstream["dial"]): NonNullable<Upstream["watch"]> {
  const watches = new PortWatches({
    mayBeOpen: () => true,
    async isOpen() {
      const dialled = await dial();
      if (isRefusal(dialled)) return false;
      dialled.destroy();
      return true;
    },
  });
  return (onOpen) => watches.watch(port, onOpen);
}
