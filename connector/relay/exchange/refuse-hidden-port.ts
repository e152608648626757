import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import type { Destination } from "../destination.ts";
import type { ResponseHead } from "../http1/parse-response-head.ts";
import { findHiddenPort } from "../policy/find-hidden-port.ts";

/** Refuses a response that redirects a link's visitor to another port. @returns `undefined` for any other response */
export function refuseHiddenPort(head: ResponseHead, destination: Destination): Refusal | undefined {
  const { link, upstream } = destination;
  const port = link === undefined ? undefined : findHiddenPort(head, destination);
  if (port === undefined) return undefined;
  return refuse("port_not_linked", {
    detail: `The app redirects to port ${port} of its sandbox, and this link opens only port ${upstream.port}.`,
  });
}
