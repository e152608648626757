import type { RefusalRequest } from "../refusal-request.ts";
import { escapeHtml } from "./escape-html.ts";

type AddressFacts = Pick<RefusalRequest, "publicHost" | "scheme">;

/** The ports on which servers listen, each a link where the page has a public hostname. */
export function portList(ports: readonly number[], request: AddressFacts): string {
  if (ports.length === 0) return "";
  const items = ports.map((port) => {
    const url = siblingUrl(port, request);
    return url === undefined ? `<li>${port}</li>` : `<li><a href="${escapeHtml(url)}">${port}</a></li>`;
  });
  return `<p class="soft">Servers listen on these ports:</p>\n<ul class="ports">${items.join("")}</ul>\n`;
}

function siblingUrl(port: number, { publicHost, scheme }: AddressFacts): string | undefined {
  if (publicHost === undefined || !/^\d+-/.test(publicHost)) return undefined;
  return `${scheme ?? "https"}://${publicHost.replace(/^\d+/, String(port))}/`;
}
