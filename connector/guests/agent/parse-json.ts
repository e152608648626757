import type { z } from "zod";

/** Reads a JSON text of one shape; `undefined` for anything else. */
export function parseJson<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
