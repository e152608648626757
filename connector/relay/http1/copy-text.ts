/** Copies latin1 text out of the head that it was cut from: a slice would keep the whole head in memory. */
export function copyText(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}
