/** `fault`: visitors are not served, or soon will not be; `warning`: an operator should know. */
export type Severity = "ok" | "warning" | "fault";

/** What one check has found. */
export interface Finding {
  readonly check: string;
  readonly severity: Severity;
  /** A sentence without a period. */
  readonly text: string;
  /** How to mend it; absent where nothing is wrong. */
  readonly advice?: string;
}

export function ok(check: string, text: string): Finding {
  return { check, severity: "ok", text };
}

export function warning(check: string, text: string, advice: string): Finding {
  return { check, severity: "warning", text, advice };
}

export function fault(check: string, text: string, advice: string): Finding {
  return { check, severity: "fault", text, advice };
}

/** The words of an error, without its stack. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error) || error.message.includes(cause.message)) return error.message;
  return `${error.message}: ${cause.message}`;
}
