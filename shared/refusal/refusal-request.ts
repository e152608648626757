import type { CorsRequest } from "./cors-request.ts";

/** The facts about a request that decide how its refusal is rendered. */
export interface RefusalRequest {
  readonly requestId: string;
  /** The response is shown to a person: see `wantsHtml`. */
  readonly html: boolean;
  readonly method?: string;
  /** Without the query. */
  readonly path?: string;
  /** Where the request has an `Origin`. */
  readonly cors?: CorsRequest;
  /** The sandbox's port, where the visitor may know it: by a public hostname, or by a link that was verified. */
  readonly port?: number;
  /** `host[:port]` of a public preview URL, for links to its sandbox's other ports. */
  readonly publicHost?: string;
  readonly scheme?: string;
  /** Where a preview can be reported: an email address or an https URL. */
  readonly abuseContact?: string;
}
