import { spawnSync } from "node:child_process";

const VERSION_COMMANDS: readonly (readonly [string, readonly string[]])[] = [
  ["nginx", ["-v"]],
  ["haproxy", ["-v"]],
  ["caddy", ["version"]],
  ["go", ["version"]],
];

/** One line with the versions of the compared programs. */
export function programVersions(): string {
  const versions = VERSION_COMMANDS.map(([program, args]) => {
    const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
    return `${program} ${/\d+\.\d+(\.\d+)?/.exec(stdout + stderr)?.[0] ?? "?"}`;
  });
  return [`node ${process.versions.node}`, ...versions].join(", ");
}
