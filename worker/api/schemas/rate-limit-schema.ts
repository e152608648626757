import { z } from "@hono/zod-openapi";
import { RATE_LIMIT_BOUNDS } from "../../../shared/limit/clamp-rate-limit.ts";
import type { RateLimit } from "../../../shared/limit/gcra.ts";

const { perSecond: RATE, burst: BURST } = RATE_LIMIT_BOUNDS;
const RATE_FORM = `must be a number from ${RATE.min} to ${RATE.max}`;
const BURST_FORM = `must be a whole number from ${BURST.min} to ${BURST.max}`;

export const rateLimitSchema = z
  .strictObject({
    per_second: z
      .number(RATE_FORM)
      .min(RATE.min, RATE_FORM)
      .max(RATE.max, RATE_FORM)
      .meta({ description: "Requests a second, on average.", example: 50 }),
    burst: z
      .int(BURST_FORM)
      .min(BURST.min, BURST_FORM)
      .max(BURST.max, BURST_FORM)
      .meta({ description: "Requests at once.", example: 200 }),
  })
  .meta({
    id: "RateLimit",
    description:
      "For each preview hostname of the org, and for each of its API tokens, which have at least the default.",
  });

export type RateLimitJson = z.infer<typeof rateLimitSchema>;

/** A limit as the API names it. */
export function encodeRateLimit({ perSecond, burst }: RateLimit): RateLimitJson {
  return { per_second: perSecond, burst };
}

/** @see encodeRateLimit */
export function decodeRateLimit({ per_second: perSecond, burst }: RateLimitJson): RateLimit {
  return { perSecond, burst };
}
