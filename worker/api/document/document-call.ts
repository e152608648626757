import type { RouteConfig } from "@hono/zod-openapi";
import type { RefusalCode } from "../../../shared/refusal/refusal.ts";
import { REFUSALS } from "../../../shared/refusal/refusal.ts";
import { neededRole } from "../authorise/needed-role.ts";
import type { AnyCall, NeededRole } from "../call/call.ts";
import { PROBLEM_REF } from "../schemas/problem-schema.ts";
import type { SharedHeader } from "./document-headers.ts";
import { describeHeader, referToHeaders } from "./document-headers.ts";
import { findRefusals } from "./find-refusals.ts";

type Responses = RouteConfig["responses"];

/** What a reader must know of the token beyond that it is one. */
const ROLE_SENTENCES: Readonly<Record<NeededRole, string>> = {
  viewer: "",
  developer: "Not with a `viewer`'s token.",
  owner: "Only with an `owner`'s token.",
  org: "Only with a token of the org.",
};

const HEADERS_OF_STATUS: Readonly<Record<number, readonly SharedHeader[]>> = {
  401: ["www-authenticate"],
  429: ["ratelimit", "ratelimit-policy", "retry-after"],
  503: ["retry-after"],
};

/** The call in the form of OpenAPI. */
export function documentCall(call: AnyCall): RouteConfig {
  const { id, method, path, tag, summary, params, query, body } = call;
  const description = describe(call);
  return {
    operationId: id,
    method,
    path,
    tags: [tag],
    summary,
    ...(description !== "" && { description }),
    security: listCredentials(call),
    request: {
      ...(params !== undefined && { params: params as never }),
      ...(query !== undefined && { query: query as never }),
      ...(body !== undefined && {
        body: { required: !body.safeParse({}).success, content: { "application/json": { schema: body } } },
      }),
    },
    responses: { [call.response.status]: documentResponse(call), ...documentRefusals(call) },
  };
}

/** Alternatives: any of the credentials opens the call. */
function listCredentials(call: AnyCall): Record<string, string[]>[] {
  switch (call.who) {
    case "anyone":
      return [];
    case "admin":
      return [{ adminToken: [] }];
    case "host":
      return [{ hostToken: [] }];
    case "enrolment":
      return [{ enrolmentToken: [] }];
    default:
      return [
        ...(neededRole(call) === "org" ? [] : [{ apiToken: [] }]),
        { orgToken: [] },
        ...(call.who === "member" ? [{ adminToken: [] }] : []),
      ];
  }
}

function describe(call: AnyCall): string {
  const role = neededRole(call);
  const sentence = role === undefined ? "" : ROLE_SENTENCES[role];
  return [call.description ?? "", sentence].filter((text) => text !== "").join(" ");
}

function documentResponse({ response, who }: AnyCall): Responses[string] {
  const limited = who === "caller" || who === "member";
  const content =
    response.schema !== undefined
      ? { "application/json": { schema: response.schema } }
      : response.mediaType !== undefined && { [response.mediaType]: { schema: { type: "string" as const } } };
  return {
    description: response.description,
    headers: {
      ...Object.fromEntries(
        Object.entries(response.headers ?? {}).map(([name, sentence]) => [name, describeHeader(sentence)]),
      ),
      ...(limited && referToHeaders("ratelimit", "ratelimit-policy")),
    },
    ...(content !== false && { content }),
  };
}

/** One response for each status, which lists its codes. */
function documentRefusals(call: AnyCall): Responses {
  const byStatus = Map.groupBy(findRefusals(call), (code) => REFUSALS[code].status);
  return Object.fromEntries(
    Array.from(byStatus, ([status, codes]) => [status, documentRefusal(status, codes)]),
  );
}

function documentRefusal(status: number, codes: readonly RefusalCode[]): Responses[string] {
  return {
    description: codes.map((code) => `\`${code}\`: ${REFUSALS[code].detail}`).join("\n\n"),
    headers: referToHeaders("preview-error", ...(HEADERS_OF_STATUS[status] ?? [])),
    content: {
      "application/problem+json": {
        schema: { allOf: [PROBLEM_REF, { properties: { code: { enum: [...codes] } } }] },
      },
    },
  };
}
