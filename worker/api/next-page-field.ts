import type { ApiContext } from "./api-environment.ts";

/** The value of `link` that leads to the next page (RFC 8288). */
export function nextPageField(context: ApiContext, query: Record<string, string | number>): string {
  const url = new URL(context.req.url);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  return `<${url.href}>; rel="next"`;
}
