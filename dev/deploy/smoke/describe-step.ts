import type { SmokeStep } from "./smoke-test.ts";

/** A step for a person. */
export function describeStep({ name, ok, text }: SmokeStep): string {
  return `${ok ? "✓" : "✗"} ${name}: ${text}`;
}
