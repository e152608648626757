import { CHECKS } from "../dev-server.ts";
import type { ServerResult } from "../run-server.ts";
import type { ResultName } from "../visit/run-checks.ts";

const COLUMNS: readonly ResultName[] = [...CHECKS, "console"];
export const HEAD: readonly string[] = ["server", "version", ...COLUMNS, "setting of the app", "remark"];
const MAX_REASON = 120;

/** A server's row: `✓` passed over both flavours, `–` the server has nothing of the kind, else which failed. */
export function formatRow(result: ServerResult): string[] {
  const { server, version } = result;
  const setting = [
    server.hostPolicy === "public" ? '`host_policy: "public"` for its port' : undefined,
    server.setting,
  ].filter((part) => part !== undefined);
  return [
    server.title,
    version,
    ...COLUMNS.map((column) => formatCell(result, column)),
    setting.join("; ") || "none",
    formatRemark(result),
  ];
}

function formatCell({ checks }: ServerResult, column: ResultName): string {
  const ofColumn = checks.filter(({ check }) => check === column);
  if (ofColumn.length === 0) return "–";
  const failed = ofColumn.filter(({ failure }) => failure !== undefined);
  return failed.length === 0 ? "✓" : `✗ ${failed.map(({ flavour }) => flavour).join(", ")}`;
}

/** One line: the first failure, or the server's own remark. */
function formatRemark({ server, checks, notRun }: ServerResult): string {
  const failure = notRun ?? checks.find((check) => check.failure !== undefined)?.failure;
  const text = failure ?? server.remark ?? "";
  const line = text.split("\n")[0]!.replaceAll("|", "\\|");
  return line.length > MAX_REASON && failure !== undefined ? `${line.slice(0, MAX_REASON)}…` : line;
}
