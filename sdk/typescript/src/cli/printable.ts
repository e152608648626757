/** What a visitor or an app sent, for a terminal: its control characters would be commands. */
export function printable(text: string): string {
  return text.replaceAll(/[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, "\ufffd");
}
