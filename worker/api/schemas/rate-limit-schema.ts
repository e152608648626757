import { z } from "@hono/zod-openapi";
import type { RateLimit } from "../../../shared/limit/gcra.ts";

const MAX_PER_SECOND = 10_000;
const MAX_BURST = 100_000;

export const rateLimitSchema = z
  .strictObject({
    per_second: z
      .number()
      .positive()
      .max(MAX_PER_SECOND)
      .meta({ description: "Requests a second, on average.", example: 50 }),
    burst: z.int().min(1).max(MAX_BURST).meta({ description: "Requests at once.", example: 200 }),
  })
  .meta({ id: "RateLimit", description: "For each preview hostname and each API token of the org." });

export type RateLimitJson = z.infer<typeof rateLimitSchema>;

/** A limit as the API names it. */
export function encodeRateLimit({ perSecond, burst }: RateLimit): RateLimitJson {
  return { per_second: perSecond, burst };
}

/** @see encodeRateLimit */
export function decodeRateLimit({ per_second: perSecond, burst }: RateLimitJson): RateLimit {
  return { perSecond, burst };
}
