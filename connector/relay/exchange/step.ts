import type { Destination } from "../destination.ts";
import type { ResponseHead } from "../http1/parse-response-head.ts";
import type { ConnectionSource } from "./connection-source.ts";
import type { GuestSide } from "./guest-side.ts";

/**
 * finding → dialling → waiting → responding → over; dialling → holding → dialling; finding → holding → over
 *
 * - finding: the request's destination is not known yet, or has no room for it
 * - dialling: a connection to the guest is being opened
 * - holding: nothing listens on the port, and the request waits until something does
 * - waiting: the request is being sent, and no final response has begun
 * - responding: the response's head has come; once the visitor has it, only a reset can show it a failure
 *
 * All have the same members in the same order, so that V8 gives them one hidden class.
 */
export type Step =
  | StepOf<"finding", undefined, undefined, undefined, Destination | undefined>
  | StepOf<"dialling", ConnectionSource, undefined, undefined>
  | StepOf<"holding", undefined, undefined, undefined>
  | StepOf<"waiting", ConnectionSource, GuestSide, undefined>
  | StepOf<"responding", ConnectionSource, GuestSide, ResponseHead>
  | StepOf<"over", undefined, undefined, undefined, undefined>;

interface StepOf<Name, Source, Guest, Response, To = Destination> {
  readonly name: Name;
  readonly destination: To;
  readonly source: Source;
  readonly guest: Guest;
  readonly response: Response;
}

export const FINDING: Step = {
  name: "finding",
  destination: undefined,
  source: undefined,
  guest: undefined,
  response: undefined,
};

export const OVER: Step = {
  name: "over",
  destination: undefined,
  source: undefined,
  guest: undefined,
  response: undefined,
};
