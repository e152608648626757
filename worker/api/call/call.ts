import type { z } from "@hono/zod-openapi";
import type { RefusalCode } from "../../../shared/refusal/refusal.ts";
import type { Tag } from "../document/tags.ts";

/** Whose credential a call wants. `member` is an API token of the org in the path, or the admin's. */
export type Who = "anyone" | "caller" | "member" | "admin" | "host";

/**
 * One call of the API, said once: what checks its requests is what the OpenAPI document shows of it.
 *
 * Refusals that all calls of its kind share are not listed: see `findRefusals`.
 */
export interface Call<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
> {
  /** Unique; generated clients name their functions after it. */
  readonly id: string;
  readonly method: "get" | "put" | "post" | "delete";
  /** Parameters in braces. */
  readonly path: `/${string}`;
  readonly tag: Tag;
  readonly who: Who;
  readonly summary: string;
  readonly description?: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Said where a path parameter cannot name anything; `request_invalid` if not given. */
  readonly misnamed?: RefusalCode;
  readonly answer: CallAnswer<Answer>;
  readonly refusals?: readonly RefusalCode[];
}

export interface CallAnswer<Answer extends z.ZodType> {
  readonly status: 200 | 201 | 204 | 307;
  readonly description: string;
  /** None for an answer without JSON. */
  readonly schema?: Answer;
  /** Fields of the answer, by what they say. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Where it is not JSON. */
  readonly mediaType?: string;
}

/** What a checked request holds; a part that the call does not declare is empty. */
export interface CallInput<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  readonly params: z.output<Params>;
  readonly query: z.output<Query>;
  readonly body: z.output<Body>;
}

export type AnyCall = Call<z.ZodType, z.ZodType, z.ZodType, z.ZodType>;

/** Checks nothing and changes nothing: it infers the types of a call's parts. */
export function defineCall<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
>(call: Call<Params, Query, Body, Answer>): Call<Params, Query, Body, Answer> {
  return call;
}
