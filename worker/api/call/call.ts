import type * as z from "zod";
import type { RefusalCode } from "../../../shared/refusal/refusal.ts";
import type { Role } from "../../policy/roles.ts";
import type { Tag } from "../document/tags.ts";

/**
 * The credential that a call needs. `caller` is an API token, of a workspace or of an org; `member` is one, or the
 * admin's; `enrolment` is the one-time token of the host in the path.
 */
export type Who = "anyone" | "caller" | "member" | "admin" | "host" | "enrolment";

/** The least role of an API token; `org` is a token of the org itself. */
export type NeededRole = Role | "org";

/**
 * One call of the API. The same schemas check its requests and describe them in the OpenAPI document.
 *
 * Refusals that all calls of its kind share are not listed: see `findRefusals`.
 */
export interface Call<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Result extends z.ZodType,
> {
  /** Unique; generated clients name their functions after it. */
  readonly id: string;
  readonly method: "get" | "put" | "post" | "delete";
  /** Parameters in braces. */
  readonly path: `/${string}`;
  readonly tag: Tag;
  readonly who: Who;
  /** Of a caller or member; if not given, `viewer` for GET and `developer` for anything else. */
  readonly role?: NeededRole;
  readonly summary: string;
  readonly description?: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** The refusal where a path parameter does not fit `params`; `request_invalid` if not given. */
  readonly paramsRefusal?: RefusalCode;
  readonly response: CallResponse<Result>;
  readonly refusals?: readonly RefusalCode[];
}

/** The response of a call that is not refused. */
export interface CallResponse<Result extends z.ZodType> {
  readonly status: 200 | 201 | 204 | 307;
  readonly description: string;
  /** Of its JSON; absent for a response without JSON. */
  readonly schema?: Result;
  /** Its own fields, each with a description. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Where its body is not JSON. */
  readonly mediaType?: string;
}

/** The checked parts of a request; a part that the call does not declare is empty. */
export interface CallInput<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  readonly params: z.output<Params>;
  readonly query: z.output<Query>;
  readonly body: z.output<Body>;
}

export type AnyCall = Call<z.ZodType, z.ZodType, z.ZodType, z.ZodType>;

/** Returns its argument; it only infers the types of a call's parts. */
export function defineCall<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Result extends z.ZodType,
>(call: Call<Params, Query, Body, Result>): Call<Params, Query, Body, Result> {
  return call;
}
