import { styleText } from "node:util";
import { renderQr } from "../../../sdk/typescript/src/cli/render-qr.ts";
import { GENEROUS_LIMIT } from "../edge-api/rate-limits.ts";
import type { StartOptions } from "../parse-options.ts";
import type { SystemDescription } from "../system-description.ts";

/**
 * The text for a person when the system is up.
 *
 * @param columns of the terminal, for a QR code of the URL; 0 where there is none
 */
export function describeSystem(system: SystemDescription, options: StartOptions, columns: number): string {
  const limit = options.defaultLimits
    ? "1 request/s, burst 10 (the default)"
    : `${GENEROUS_LIMIT.per_second} requests/s, burst ${GENEROUS_LIMIT.burst} (demo; --default-limits: 1/s, burst 10)`;
  const rows: [string, string][] = [
    ["Public URL", styleText("cyan", system.previewUrl)],
    ["Signed link", styleText("cyan", system.link.url)],
    ["  expires", system.link.expires_at],
    ["API", system.api],
    ["  reference", styleText("cyan", `${system.api}/docs`)],
    ["Dashboard", styleText("cyan", `${system.api}/dashboard/#token=${system.apiToken}`)],
    ["API token", system.apiToken],
    ["Sandbox", system.sandboxId],
    ["Rate limit", limit],
  ];
  const table = rows.map(([name, value]) => `  ${styleText("dim", name.padEnd(12))} ${value}`).join("\n");
  const parts = [
    styleText("bold", "Preview URLs are up."),
    ...qrCode(system.previewUrl, columns),
    table,
    commands(system, options),
    styleText("dim", "  Ctrl-C stops everything."),
  ];
  return `\n${parts.join("\n\n")}\n`;
}

function qrCode(url: string, columns: number): string[] {
  const lines = renderQr(url).split("\n");
  return columns >= (lines[0]?.length ?? 0) ? [lines.join("\n")] : [];
}

function commands(
  { api, apiToken, sandboxId, previewUrl }: SystemDescription,
  { guests, microvm }: StartOptions,
): string {
  const isDemo = guests.length === 0 && !microvm;
  const port = new URL(previewUrl).hostname.split("-")[0];
  const authorization = `-H 'authorization: Bearer ${apiToken}'`;
  const lines = [
    `curl -i ${previewUrl}/${isDemo ? "headers" : ""}`,
    `curl ${authorization} ${api}/v1/sandboxes/${sandboxId}/ports`,
    `curl ${authorization} -d '{"port":${port},"ttl_seconds":60}' ${api}/v1/sandboxes/${sandboxId}/preview-token`,
  ];
  return `  ${styleText("bold", "Try next")}\n${lines.map((line) => `    ${line}`).join("\n")}`;
}
