import type { Operation, Schema } from "./list-operations.ts";

/** The schema of a call's JSON body; `undefined` for a call without one. */
export function findBodySchema({ requestBody }: Operation): Schema | undefined {
  if (requestBody === undefined || "$ref" in requestBody) return undefined;
  return requestBody.content["application/json"]?.schema;
}
