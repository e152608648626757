import { Command, InvalidArgumentError } from "commander";
import type { DevServer } from "./dev-server.ts";
import { ALL_SERVERS } from "./servers/all-servers.ts";

export interface MatrixOptions {
  readonly servers: readonly DevServer[];
  /** Whether `docs/dev-servers.md` gets the table: only from a run of all servers. */
  readonly write: boolean;
}

/** Reads `npm run matrix -- …`. Ends the process with a sentence on a wrong option. */
export function parseOptions(args: readonly string[]): MatrixOptions {
  const program = new Command("npm run matrix --")
    .description(
      "Visits real dev servers over preview URLs; a whole run writes its table to docs/dev-servers.md.",
    )
    .option("--only <names>", "some servers, such as vite-react,next", toServers)
    .parse([...args], { from: "user" });
  const { only } = program.opts<{ only?: DevServer[] }>();
  return { servers: only ?? ALL_SERVERS, write: only === undefined };
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
