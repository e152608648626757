import type { OpenAPIHono } from "@hono/zod-openapi";

/** Response fields that are described once for all calls. */
const SHARED_HEADERS = {
  ratelimit:
    'What is left of this API token\'s limit: `"default";r=9;t=1` is 9 calls, and 1 second until there are more (draft-ietf-httpapi-ratelimit-headers). Absent for the admin.',
  "ratelimit-policy":
    'The limit of this API token: `"default";q=10;w=10` is 10 calls in 10 seconds. Absent for the admin.',
  "retry-after": "Whole seconds until a retry can succeed.",
  "www-authenticate": "`Bearer` (RFC 6750).",
  "preview-error": "The refusal's code.",
} as const satisfies Record<string, string>;

export type SharedHeader = keyof typeof SHARED_HEADERS;

export function registerHeaders({ openAPIRegistry }: Pick<OpenAPIHono, "openAPIRegistry">): void {
  for (const [name, description] of Object.entries(SHARED_HEADERS)) {
    openAPIRegistry.registerComponent("headers", name, describeHeader(description));
  }
}

export function referToHeaders(...names: readonly SharedHeader[]): Record<string, { $ref: string }> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

export function describeHeader(description: string): { description: string; schema: { type: "string" } } {
  return { description, schema: { type: "string" } };
}
