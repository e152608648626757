import type { ApiContext, ChangeSubject } from "../api-environment.ts";

/** Adds to what is known of the change that a call makes. */
export function noteChange(context: ApiContext, subject: ChangeSubject): void {
  context.set("change", { ...context.get("change"), ...subject });
}
