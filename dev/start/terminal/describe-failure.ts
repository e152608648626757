import { ConfigError } from "../../../connector/config.ts";
import { ControlError } from "../../../connector/control/call-control.ts";
import { EnrollError } from "../../../connector/edge/enroll-host.ts";
import { StateError } from "../../../connector/state/state-error.ts";
import { StartError } from "../start-error.ts";
import { PartError } from "../supervisor.ts";

const EXPECTED = [StartError, PartError, ConfigError, ControlError, EnrollError, StateError];

/** What prevents reading or writing, by the system's code. */
const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "It belongs to another user",
  EPERM: "It belongs to another user",
  EROFS: "Its disk is read-only",
  ENOENT: "It cannot be made",
  ENOTDIR: "A part of this path is a file",
  EEXIST: "A part of this path is a file",
  ENOSPC: "Its disk is full",
  EDQUOT: "Your share of its disk is used up",
};
const ELSEWHERE = "Keep the state in a directory of your own: npm start -- --state ~/preview-state";

/** The message for a person about a failure that is no bug of ours; `undefined` for a bug. */
export function describeFailure(error: unknown): string | undefined {
  if (EXPECTED.some((type) => error instanceof type)) return withCause(error as Error);
  const { code = "", path } = error as NodeJS.ErrnoException;
  const advice = ADVICE[code];
  if (advice === undefined || path === undefined) return undefined;
  return `${path} cannot be used (${code}). ${advice}. ${ELSEWHERE}`;
}

/** A file of the state that was cut off in the middle is named, and what may be done about it. */
function withCause(error: Error): string {
  if (!(error instanceof StateError)) return error.message;
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code ?? "";
  const advice = ADVICE[code];
  if (advice !== undefined) return `${error.message}. ${advice}. ${ELSEWHERE}`;
  return `${error.message}. Remove that file: npm start makes it anew.`;
}
