/** Fields for one hop or about framing, which no proxy passes on (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = new Set([
  "connection",
  "content-length",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Fields that name the visitor or the address that was asked for, which a visitor must not set. */
const FORWARDING =
  /^(forwarded|x-forwarded.*|x-original-(url|host|uri)|x-rewrite-url|x-real-ip|x-client-ip|x-cluster-client-ip|x-host|x-http-host-override|true-client-ip|fastly-client-ip|cdn-loop|cf-.*|preview-.*|host)$/;

/**
 * Whether the header policy drops, sets or rewrites a field, so that it may differ: the mutator makes any name out of any
 * other. A look-alike with underscores is treated like the name that it resembles.
 */
export function isPolicyField(name: string, direction: "request" | "response"): boolean {
  const dashed = name.replaceAll("_", "-");
  if (HOP_BY_HOP.has(dashed)) return true;
  if (direction === "request") return FORWARDING.test(dashed);
  return (
    dashed.startsWith("preview-") || dashed === "x-robots-tag" || (name !== dashed && FORWARDING.test(dashed))
  );
}
