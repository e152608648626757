import { ConfigError } from "../config.ts";
import { ControlError } from "../control/call-control.ts";
import { EnrollError } from "../edge/enroll-host.ts";
import { StateError } from "../state/state-error.ts";
import { ChildError } from "../supervisor/child.ts";
import { SocketError } from "../supervisor/listening-sockets.ts";
import { PlanError } from "../supervisor/read-plan.ts";
import { CredentialsError } from "../tls/credentials.ts";
import { ReloadError } from "./reload-error.ts";

/** Makes a command end with a sentence and status 1 where it fails as expected; a bug keeps its stack. */
export function reportFailure<Options>(
  action: (options: Options) => Promise<void>,
): (options: Options) => Promise<void> {
  return async (options) => {
    try {
      await action(options);
    } catch (error) {
      if (!isExpected(error)) throw error;
      console.error(`preview-connector: ${error.message}`);
      process.exitCode = 1;
    }
  };
}

function isExpected(error: unknown): error is Error {
  return (
    error instanceof ConfigError ||
    error instanceof ControlError ||
    error instanceof CredentialsError ||
    error instanceof EnrollError ||
    error instanceof StateError ||
    error instanceof ReloadError ||
    error instanceof PlanError ||
    error instanceof SocketError ||
    error instanceof ChildError
  );
}
