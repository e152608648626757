import type * as z from "zod";

/** KV's own cache of a record, in seconds; its least value. */
export const POLICY_CACHE_S = 30;

/** A record that does not fit its schema counts as absent: damage never widens access. */
export function parseRecord<T>(schema: z.ZodType<T>, value: unknown): T | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
