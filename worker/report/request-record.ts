import { TIMING_HEADER } from "../../shared/protocol/headers.ts";
import type { PreviewAddress } from "../preview/admissions.ts";

/** What one request turns out to be, filled in on its way. Becomes a log line, or nothing. */
export class RequestRecord {
  readonly requestId = crypto.randomUUID();
  /** Unix milliseconds; the clock stands still between two waits. */
  readonly startedMs = Date.now();
  isApi = false;
  /** An API token with which somebody asks for `server-timing`. */
  readonly timingToken: string | null;
  /** Of a preview whose hostname could be read. */
  address: PreviewAddress | undefined = undefined;
  /** Its sandbox's object was asked. */
  asked = false;
  /** Where it was sent. */
  hostId: string | undefined = undefined;
  admittedMs: number | undefined = undefined;

  constructor(request: Request) {
    this.timingToken = request.headers.get(TIMING_HEADER);
  }
}
