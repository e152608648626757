import { lookup } from "node:dns/promises";
import { JWKS_PATH } from "../../shared/protocol/host-api.ts";
import { CLOCK_TOLERANCE_S } from "../../shared/protocol/signature.ts";
import type { Config } from "../config.ts";
import { USER_AGENT } from "../user-agent.ts";
import type { Finding } from "./finding.ts";
import { fault, ok, warning, wordsOf } from "./finding.ts";

const TIMEOUT_MS = 5_000;
/** Half of what the edge and this host tolerate. */
export const MAX_SKEW_MS = (CLOCK_TOLERANCE_S * 1000) / 2;

/** Names, the edge's keys over the network, and the clock against the edge's. */
export async function checkEdge({ api, origin }: Config): Promise<Finding[]> {
  const names = [await checkName(new URL(api).hostname), await checkName(new URL(origin).hostname)];
  return [...names, ...(await checkKeys(api))];
}

async function checkName(hostname: string): Promise<Finding> {
  try {
    const { address } = await lookup(hostname.replace(/^\[|\]$/g, ""));
    return ok("DNS", `${hostname} is ${address}`);
  } catch (error) {
    return fault(
      "DNS",
      wordsOf(error),
      "check /etc/resolv.conf, and the name in the configuration and in the zone",
    );
  }
}

async function checkKeys(api: string): Promise<Finding[]> {
  const url = new URL(JWKS_PATH, api);
  const sentMs = Date.now();
  try {
    const headers = { accept: "application/json", "user-agent": USER_AGENT };
    const response = await fetch(url, {
      headers,
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const receivedMs = Date.now();
    const clock = checkClock(response.headers.get("date"), sentMs, receivedMs);
    return [await judgeKeys(url, response), clock];
  } catch (error) {
    const advice = "let this host open connections to it on port 443: firewall, proxy, routes";
    return [fault("edge", `${url.origin} does not respond: ${wordsOf(error)}`, advice)];
  }
}

async function judgeKeys(url: URL, response: Response): Promise<Finding> {
  const wrong = (text: string): Finding =>
    fault(
      "edge",
      `${url.href} ${text}`,
      "check api in the configuration, and the deployment: npm run deploy:smoke",
    );
  if (!response.ok) return wrong(`responds with ${response.status}`);
  const body = (await response.json().catch(() => undefined)) as { keys?: unknown } | undefined;
  if (!Array.isArray(body?.keys) || body.keys.length === 0) return wrong("has no keys");
  return ok("edge", `${url.origin} responds; keys: ${body.keys.length}`);
}

/** @param date of the response; its resolution is a second */
function checkClock(date: string | null, sentMs: number, receivedMs: number): Finding {
  const theirsMs = Date.parse(date ?? "");
  if (Number.isNaN(theirsMs))
    return warning("clock", "the edge's response has no time", "a proxy may be in between");
  const aheadMs = Math.round((sentMs + receivedMs) / 2 - theirsMs);
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  if (Math.abs(aheadMs) <= MAX_SKEW_MS) return ok("clock", `${seconds} s from the edge's`);
  const direction = aheadMs > 0 ? "ahead of" : "behind";
  return fault(
    "clock",
    `it is ${seconds} s ${direction} the edge's`,
    `run a time service: timedatectl set-ntp true; calls and passes are refused from ${CLOCK_TOLERANCE_S} s on`,
  );
}
