import { Command } from "commander";
import { examineHost } from "../doctor/examine-host.ts";
import type { Finding } from "../doctor/finding.ts";
import type { ConfigOptions } from "./options.ts";
import { configOption } from "./options.ts";
import { reportFailure } from "./report-failure.ts";

interface DoctorOptions extends ConfigOptions {
  readonly json?: boolean;
}

export function createDoctorCommand(): Command {
  return new Command("doctor")
    .description("find what is wrong on this host, and say how to mend it; status 1 where there is a fault")
    .option("--json", "one JSON document")
    .addOption(configOption())
    .action(reportFailure(doctor));
}

async function doctor({ config, json }: DoctorOptions): Promise<void> {
  const findings = await examineHost(config);
  if (json) console.log(JSON.stringify(findings, undefined, 2));
  else for (const finding of findings) console.log(describe(finding));
  if (findings.some(({ severity }) => severity === "fault")) process.exitCode = 1;
}

function describe({ check, severity, text, advice }: Finding): string {
  const line = `${severity.padEnd(7)}  ${check}: ${text}`;
  return advice === undefined ? line : `${line}\n         → ${advice}`;
}
