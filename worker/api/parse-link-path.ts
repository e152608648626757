import { LINK_TOKEN_LENGTH } from "../../shared/link/link-token.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";

const LINK_PATH = new RegExp(`^/v1/p/([A-Za-z2-7]{${LINK_TOKEN_LENGTH}})(/.*)?$`);

/**
 * Turns a link's path form, `/v1/p/{token}/{rest}`, into its hostname form.
 *
 * @returns an absolute URL with path and query kept, or `link_invalid`
 */
export function parseLinkPath(url: URL, linkDomain: string): string | Refusal {
  const [, token, rest = "/"] = LINK_PATH.exec(url.pathname) ?? [];
  if (token === undefined) return refuse("link_invalid");
  const port = url.port === "" ? "" : `:${url.port}`;
  return `${url.protocol}//${token.toLowerCase()}.${linkDomain}${port}${rest}${url.search}`;
}
