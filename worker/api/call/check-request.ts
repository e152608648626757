import * as z from "zod";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../shared/refusal/refusal.ts";
import type { ApiContext } from "../api-environment.ts";
import type { AnyCall } from "./call.ts";
import { readBody } from "./read-body.ts";

/** A body of 1 MiB can hold thousands of wrong members; this many are named. */
const MAX_ERRORS = 20;
const MAX_NAME_LENGTH = 100;

const NO_QUERY = z.strictObject({});

export interface CheckedRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/**
 * Checks path, query and body against what the call declares, in this order.
 *
 * @returns the checked parts, or `request_invalid` naming each wrong member: `/port`, `?limit`, `{id}`
 */
export async function checkRequest(context: ApiContext, call: AnyCall): Promise<CheckedRequest | Refusal> {
  const params = call.params?.safeParse(context.req.param());
  if (params?.error !== undefined) {
    return call.paramsRefusal === undefined
      ? refuseInvalid(params.error, ([name = ""]) => `{${name}}`)
      : refuse(call.paramsRefusal);
  }
  const query = querySchema(call)?.safeParse(context.req.query());
  if (query?.error !== undefined) return refuseInvalid(query.error, ([name = ""]) => `?${name}`);
  const sent = call.body === undefined ? undefined : await readBody(context.req.raw);
  if (isRefusal(sent)) return sent;
  const body = call.body?.safeParse(sent?.value);
  if (body?.error !== undefined) return refuseInvalid(body.error, toPointer);
  return { params: params?.data ?? {}, query: query?.data ?? {}, body: body?.data ?? {} };
}

/** A call without a query refuses every parameter, unless it is public: clients may add `?v=2` to a public path. */
function querySchema(call: AnyCall): z.ZodType | undefined {
  return call.query ?? (call.who === "anyone" ? undefined : NO_QUERY);
}

function refuseInvalid(error: z.ZodError, name: (path: readonly string[]) => string): Refusal {
  const errors = error.issues
    .flatMap((issue) => {
      const path = issue.path.map(String);
      if (issue.code !== "unrecognized_keys") return [{ path: name(path), message: issue.message }];
      return issue.keys.map((key) => ({
        path: name([...path, clip(key)]),
        message: `is not known here: "${clip(key)}"`,
      }));
    })
    .slice(0, MAX_ERRORS);
  const detail = errors.map(({ path, message }) => `${path} ${message}`).join("; ");
  return refuse("request_invalid", { detail, errors });
}

/** A JSON Pointer, RFC 6901. */
function toPointer(path: readonly string[]): string {
  return `/${path.map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1")).join("/")}`;
}

function clip(name: string): string {
  return name.length <= MAX_NAME_LENGTH ? name : `${name.slice(0, MAX_NAME_LENGTH)}…`;
}
