import type { RequestDetail } from "../../../../shared/protocol/request-log.ts";

/** Set by curl itself, or by the edge and the host for each request. */
const LEFT_OUT = /^(?:host|content-length|transfer-encoding|connection|expect|upgrade|x-forwarded-.*)$/i;

/** What a terminal shows as it is. */
const PRINTABLE = /^[\t\n\x20-\x7e\u00a0-\ud7ff\uf900-\uffef]*$/;

/**
 * Writes a request as a command for a POSIX shell. What was sent stands in single quotes, where a shell reads nothing
 * into it, and a body with control characters in base64.
 *
 * @param origin of the port's public hostname
 */
export function writeCurl({ request }: Pick<RequestDetail, "request">, origin: string): string {
  const { method, path, headers, body } = request;
  const target = path.startsWith("/") ? path : "/";
  const parts = ["curl", "--globoff", "--path-as-is"];
  if (path === "*") parts.push("--request-target", quote(path));
  if (method === "HEAD") parts.push("--head");
  else parts.push("-X", quote(method));
  for (const [name, value] of headers)
    if (!LEFT_OUT.test(name) && !(body.decoded && name.toLowerCase() === "content-encoding"))
      parts.push("-H", quote(value === "" ? `${name};` : `${name}: ${value}`));
  if (body.base64 === undefined && body.text === undefined)
    return `${join([...parts, quote(origin + target)])}\n`;
  // A shell's word cannot hold a body that is not text; what was decoded is sent without its encoding.
  if (body.text !== undefined && PRINTABLE.test(body.text))
    return `${join([...parts, "--data-raw", quote(body.text), quote(origin + target)])}\n`;
  const base64 = body.base64 ?? toBase64(body.text ?? "");
  const command = join([...parts, "--data-binary", "@-", quote(origin + target)]);
  return `printf %s ${quote(base64)} | base64 -d | ${command}\n`;
}

function join(parts: readonly string[]): string {
  return parts.join(" ");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function toBase64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
}
