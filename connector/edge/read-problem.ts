/** What a problem document of the edge says (RFC 9457). */
export interface Problem {
  /** One of `shared/refusal/refusal.ts`, where the edge itself responded. */
  readonly code: string | undefined;
  /** The status text where there is none. */
  readonly detail: string;
}

/** Reads a response that is not 2xx. */
export async function readProblem(response: Response): Promise<Problem> {
  const value: unknown = await response.json().catch(() => undefined);
  return toProblem(value, response.statusText);
}

/** @param value a response's body, or `undefined` where that is no JSON */
export function toProblem(value: unknown, statusText: string): Problem {
  const { code, detail } = (value ?? {}) as Record<keyof Problem, unknown>;
  return {
    code: typeof code === "string" ? code : undefined,
    detail: typeof detail === "string" ? detail : statusText,
  };
}
