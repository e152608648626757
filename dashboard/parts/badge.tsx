export type Tone = "good" | "bad" | "warm" | "quiet" | "mark";

export function Badge({ tone, text }: { readonly tone: Tone; readonly text: string }) {
  return <span class={`badge ${tone}`}>{text}</span>;
}

/** The colour of a status code. */
export function toneOf(status: number): Tone {
  if (status === 0) return "quiet";
  if (status >= 500) return "bad";
  if (status >= 400) return "warm";
  return status >= 300 ? "mark" : "good";
}
