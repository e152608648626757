import * as z from "zod";
import type { GuestOffer, LaunchOrder } from "../../shared/protocol/control-api.ts";
import {
  guestOfferSchema,
  LAUNCHER_SANDBOXES_PATH,
  launchedGuestSchema,
  launcherSandboxPath,
} from "../../shared/protocol/control-api.ts";
import type { MachineSize } from "../../shared/protocol/machine-size.ts";
import { ControlError, callControl } from "../control/call-control.ts";

/** With the wait for the edge that follows, less than the relay waits for a response's head. */
const LAUNCH_TIMEOUT_MS = 90_000;
const END_TIMEOUT_MS = 30_000;

export interface StartedMachine {
  readonly offer: GuestOffer;
  readonly size: MachineSize | undefined;
}

/** The program on this host that starts and ends guests. */
export class Launcher {
  readonly #socketPath: string;

  /** @param socketPath its Unix socket */
  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /**
   * Starts a guest.
   *
   * @throws {ControlError} the launcher's refusal, or a response that is not in the contract
   */
  async start(order: LaunchOrder, workspace: string): Promise<StartedMachine> {
    const response = await callControl(
      this.#socketPath,
      "POST",
      LAUNCHER_SANDBOXES_PATH,
      order,
      LAUNCH_TIMEOUT_MS,
    );
    const launched = launchedGuestSchema.safeParse(response);
    if (!launched.success) throw new ControlError(`the launcher's ${z.prettifyError(launched.error)}`, 0);
    const { size, ...guest } = launched.data;
    return { offer: guestOfferSchema.parse({ ...guest, sandboxId: order.sandboxId, workspace }), size };
  }

  /** @throws {ControlError} and the guest may still run */
  async end(sandboxId: string): Promise<void> {
    const path = launcherSandboxPath(sandboxId);
    await callControl(this.#socketPath, "DELETE", path, undefined, END_TIMEOUT_MS);
  }
}
