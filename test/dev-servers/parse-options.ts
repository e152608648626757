import { Command, InvalidArgumentError } from "commander";
import type { DevServer } from "./dev-server.ts";
import { ALL_SERVERS } from "./servers/all-servers.ts";

export interface MatrixOptions {
  readonly servers: readonly DevServer[];
  /** Whether `docs/dev-servers.md` gets the rows. */
  readonly write: boolean;
}

/** Reads `npm run matrix -- …`. Ends the process with a sentence on a wrong option. */
export function parseOptions(args: readonly string[]): MatrixOptions {
  const program = new Command("npm run matrix --")
    .description("Visits real dev servers over preview URLs; their rows are written to docs/dev-servers.md.")
    .option("--only <names>", "some servers, such as vite-react,next", toServers)
    .option("--no-write", "leave docs/dev-servers.md as it is")
    .parse([...args], { from: "user" });
  const { only, write } = program.opts<{ only?: DevServer[]; write: boolean }>();
  return { servers: only ?? ALL_SERVERS, write };
}

function toServers(text: string): DevServer[] {
  return text.split(",").map((name) => {
    const server = ALL_SERVERS.find((one) => one.name === name);
    if (server !== undefined) return server;
    throw new InvalidArgumentError(
      `there is no "${name}"; there is ${ALL_SERVERS.map((one) => one.name).join(", ")}`,
    );
  });
}
