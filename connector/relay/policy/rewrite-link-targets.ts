/** Applies `rewrite` to each target, `<…>`, of a `Link` field (RFC 8288, section 3). */
export function rewriteLinkTargets(value: string, rewrite: (url: string) => string): string {
  let out = "";
  let copied = 0;
  for (let open = value.indexOf("<"); open !== -1; ) {
    const close = value.indexOf(">", open);
    if (close === -1) break;
    // Of several opening brackets the last one counts.
    open = value.lastIndexOf("<", close);
    out += value.slice(copied, open + 1) + rewrite(value.slice(open + 1, close));
    copied = close;
    open = value.indexOf("<", close);
  }
  return out + value.slice(copied);
}
