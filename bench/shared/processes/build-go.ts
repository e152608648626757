import { join } from "node:path";
import type { ProcessGroup } from "./process-group.ts";

/** Compiles a Go program of the bench; it needs nothing but the standard library. */
export async function buildGo(
  group: ProcessGroup,
  source: string,
  directory: string,
  core: number,
): Promise<string> {
  const program = join(directory, `${source.split("/").at(-1)}-program`);
  await group.run(["go", "build", "-o", program, "."], { name: "go build", core, directory: source });
  return program;
}
