import { CommanderError } from "commander";
import {
  ConfigurationError,
  ForbiddenError,
  InvalidRequestError,
  NetworkError,
  NotFoundError,
  PortClosedError,
  RateLimitError,
  SuspendedError,
  UnauthorizedError,
  UnavailableError,
} from "../errors.ts";

/** What a script can tell by the exit code. Part of the help. */
export const EXIT_CODES = {
  0: "done",
  1: "failed for another reason",
  2: "wrong arguments, also by the API's rules",
  3: "no token, or it may not do that",
  4: "no such sandbox, org or link",
  5: "no server listens on the port, or not in time",
  6: "the service is limited or not reachable at the moment",
} as const;

type ExitCode = keyof typeof EXIT_CODES;

const BY_CLASS: readonly (readonly [new (...args: never[]) => Error, ExitCode])[] = [
  [RangeError, 2],
  [TypeError, 2],
  [InvalidRequestError, 2],
  [CommanderError, 2],
  [ConfigurationError, 3],
  [UnauthorizedError, 3],
  [ForbiddenError, 3],
  [SuspendedError, 3],
  [NotFoundError, 4],
  [PortClosedError, 5],
  [RateLimitError, 6],
  [UnavailableError, 6],
  [NetworkError, 6],
];

export function exitCodeOf(error: unknown): ExitCode {
  return BY_CLASS.find(([Class]) => error instanceof Class)?.[1] ?? 1;
}
