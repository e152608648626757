import type { RefusalRequest } from "../refusal-request.ts";
import { escapeHtml } from "./escape-html.ts";

type FooterFacts = Pick<RefusalRequest, "requestId" | "abuseContact">;

/** What a visitor quotes when asking for help, and where a preview can be reported. */
export function pageFooter(code: string, { requestId, abuseContact }: FooterFacts): string {
  const request = requestId === "" ? "" : `<span>Request <code>${escapeHtml(requestId)}</code></span>\n`;
  return `<span>Code <code>${escapeHtml(code)}</code></span>\n${request}${reportLink(abuseContact)}`;
}

function reportLink(abuseContact: string | undefined): string {
  if (abuseContact === undefined) return "";
  const href = abuseContact.startsWith("https://") ? abuseContact : `mailto:${abuseContact}`;
  return `<a class="report" href="${escapeHtml(href)}">Report this preview</a>\n`;
}
