import type { Problem } from "../../sdk/typescript/src/api/types.ts";

/** A call that was refused, or did not arrive. */
export class CallError extends Error {
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly retryAfterS: number | undefined;
  /** What is wrong with each member of the body, by its name. */
  readonly fields: Readonly<Record<string, string>>;

  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail ?? "The API could not be reached. Check the network, then try again.");
    this.title = problem.title ?? (status === 0 ? "No connection" : `Status ${status}`);
    this.status = status;
    this.code = problem.code ?? "network";
    this.retryAfterS = problem.retry_after;
    this.fields = nameFields(problem.errors ?? []);
  }
}

/** `/paths/0` → `paths`; `{port}` and `?limit` → their names. The first message of a member counts. */
export function nameFields(errors: readonly { path: string; message: string }[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const { path, message } of errors) {
    const name = path.replace(/^[/?{]/, "").split(/[/}]/)[0] ?? "";
    fields[name] ??= message;
  }
  return fields;
}
