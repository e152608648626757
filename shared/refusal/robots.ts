import type { RefusalRequest } from "./refusal-request.ts";

/** What crawlers get in place of the app's `/robots.txt`: they may fetch nothing (RFC 9309). */
export const ROBOTS_TXT = "User-agent: *\nDisallow: /\n";

/** Crawlers take 400 to 499 for permission, except 429, and 5xx for a refusal (RFC 9309, sections 2.3.1.3 and 2.3.1.4). */
const TAKEN_FOR_PERMISSION = new Set([400, 401, 403, 404, 421]);

/** Whether a refused request is a crawler's question, and the refusal's status would be taken for permission. */
export function isRobotsQuestion(status: number, { method, path }: RefusalRequest): boolean {
  return (
    path === "/robots.txt" && (method === "GET" || method === "HEAD") && TAKEN_FOR_PERMISSION.has(status)
  );
}
