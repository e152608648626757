import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { LockOwner } from "../../bootstrap/process-lock.mjs";
import { releaseLock, takeLock } from "../../bootstrap/process-lock.mjs";
import { ProcessGroups } from "../process-groups.ts";
import { StartError } from "../start-error.ts";
import type { Supervisor } from "../supervisor.ts";

/**
 * Makes the state directory this process's own until it stops: two systems that write there would damage each other's
 * state.
 *
 * @returns the process of a former start that was killed, if its lock was still there
 * @throws {StartError} where another start runs there, or nothing can be written
 */
export function claimStateDirectory(
  stateDirectory: string,
  supervisor: Pick<Supervisor, "defer">,
): LockOwner | undefined {
  const lock = join(stateDirectory, "lock");
  mkdirSync(stateDirectory, { recursive: true });
  const outcome = takeLock(lock);
  if (!outcome.taken) {
    const { pid } = outcome.owner;
    throw new StartError(
      `Preview URLs run already with their state in ${stateDirectory}, by process ${pid}. ` +
        `Stop them first: kill ${pid}. Or start others beside them: npm start -- --state .preview-2 --port 8788`,
    );
  }
  const groups = new ProcessGroups(stateDirectory);
  groups.killLeftOver();
  supervisor.defer(async () => {
    groups.clear();
    releaseLock(lock);
  });
  return outcome.former;
}
