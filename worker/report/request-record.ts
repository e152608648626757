import { TIMING_HEADER } from "../../shared/protocol/headers.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import type { PreviewAddress } from "../preview/admissions.ts";

/** What is known about one request, filled in step by step. Becomes a log line, or is dropped. */
export class RequestRecord {
  readonly requestId = crypto.randomUUID();
  /** Unix milliseconds; the clock stands still between two waits. */
  readonly startedMs = Date.now();
  isApi = false;
  /** An owner's API token, in a request for `server-timing`. */
  readonly timingToken: string | null;
  /** Of a preview whose hostname could be parsed. */
  address: PreviewAddress | undefined = undefined;
  /** The sandbox's object was asked. */
  asked = false;
  /** The isolate has refused it by repeating a refusal, whose first one was logged. */
  repeated = false;
  /** The host that it was sent to. */
  hostId: string | undefined = undefined;
  admittedMs: number | undefined = undefined;
  /** What did not admit it. */
  refusal: Refusal | undefined = undefined;

  constructor(request: Request) {
    this.timingToken = request.headers.get(TIMING_HEADER);
  }
}
