import * as z from "zod";
import { RATE_LIMIT_BOUNDS } from "../../../shared/limit/clamp-rate-limit.ts";
import type { PreviewLimit, RateLimitCeiling } from "../../../shared/limit/preview-limit.ts";
import { DEFAULT_PREVIEW_LIMIT, PAGE_REQUESTS_BOUNDS } from "../../../shared/limit/preview-limit.ts";

const { perSecond: RATE, burst: BURST } = RATE_LIMIT_BOUNDS;
const RATE_FORM = `must be a number from ${RATE.min} to ${RATE.max}`;
const BURST_FORM = `must be a whole number from ${BURST.min} to ${BURST.max}`;
const { min: LEAST, max: MOST } = PAGE_REQUESTS_BOUNDS;
const PAGE_REQUESTS_FORM = `must be a whole number from ${LEAST} to ${MOST}`;

const pageRequestsSchema = z
  .int(PAGE_REQUESTS_FORM)
  .min(LEAST, PAGE_REQUESTS_FORM)
  .max(MOST, PAGE_REQUESTS_FORM);

const rates = {
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
};

export const rateLimitSchema = z
  .strictObject({
    ...rates,
    page_requests: pageRequestsSchema.default(DEFAULT_PREVIEW_LIMIT.pageRequests).meta({
      description:
        "Requests that a page may make of its own hostname after each navigation, for each client, without counting; 0: each request counts.",
      example: 300,
    }),
  })
  .meta({
    id: "RateLimit",
    description:
      "For each preview hostname of the org, and for each of its API tokens, which have at least the default.",
  });

export const ceilingSchema = z
  .strictObject({
    ...rates,
    page_requests: pageRequestsSchema
      .optional()
      .meta({ description: "Requests of a page; absent where they have no ceiling.", example: 300 }),
  })
  .meta({ id: "RateLimitCeiling", description: "The highest limit that may be set." });

export type RateLimitJson = z.infer<typeof rateLimitSchema>;
export type CeilingJson = z.infer<typeof ceilingSchema>;

/** A limit as the API names it. */
export function encodeRateLimit({ perSecond, burst, pageRequests }: PreviewLimit): RateLimitJson {
  return { per_second: perSecond, burst, page_requests: pageRequests };
}

/** @see encodeRateLimit */
export function decodeRateLimit(json: RateLimitJson): PreviewLimit {
  return { perSecond: json.per_second, burst: json.burst, pageRequests: json.page_requests };
}

/** A ceiling as the API names it. */
export function encodeCeiling({ perSecond, burst, pageRequests }: RateLimitCeiling): CeilingJson {
  return {
    per_second: perSecond,
    burst,
    ...(pageRequests !== undefined && { page_requests: pageRequests }),
  };
}

/** @see encodeCeiling */
export function decodeCeiling(json: CeilingJson): RateLimitCeiling {
  const { per_second: perSecond, burst, page_requests: pageRequests } = json;
  return { perSecond, burst, ...(pageRequests !== undefined && { pageRequests }) };
}
