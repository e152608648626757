import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { request } from "undici";
import { ApiClient } from "../../../dev/start/edge-api/api-client.ts";
import { mintLink } from "../../../dev/start/edge-api/mint-link.ts";
import { NODE_BINARY } from "../../../lab/node-binary.ts";
import { linkUrl, publicUrl } from "../../../shared/link/preview-url.ts";
import type { Command, DevServer } from "../dev-server.ts";
import { DOMAIN } from "../domain.ts";
import type { Flavour } from "../flavour.ts";
import { copyProject } from "../project/copy-project.ts";
import { installProject } from "../project/install-project.ts";
import { projectEnvironment } from "../project/project-environment.ts";
import type { GuestNetwork } from "./guest-network.ts";
import { createGuestNetwork } from "./guest-network.ts";
import type { MatrixSystem } from "./matrix-system.ts";

const START_TIMEOUT_MS = 180_000;
const POLL_MS = 200;
const LOG_TAIL_CHARACTERS = 1_500;

/** A dev server in a network namespace of its own, attached as a sandbox with our agent. */
export class DevGuest {
  readonly folder: string;
  readonly originals = new Map<string, string>();
  readonly origins: Readonly<Record<Flavour, string>>;
  readonly #network: GuestNetwork;
  readonly #log: string;

  private constructor(network: GuestNetwork, folder: string, origins: Record<Flavour, string>) {
    this.folder = folder;
    this.origins = origins;
    this.#network = network;
    this.#log = join(folder, "dev-server.log");
  }

  /** @returns a guest whose server responds */
  static async start(shared: MatrixSystem, server: DevServer): Promise<DevGuest> {
    const folder = await copyProject(await installProject(server), server);
    const network = await createGuestNetwork(shared.lab);
    const sandboxId = crypto.randomUUID();
    const { system } = shared;
    const agent = network.namespace.spawn(NODE_BINARY, [shared.agentBundle], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(agent.stdout!, "data");
    await system.attach(sandboxId, network.address, { tap: network.tap });
    const caller = new ApiClient(shared.edge, system.description.apiToken);
    if (server.hostPolicy !== undefined)
      await caller.call("PUT", `/v1/sandboxes/${sandboxId}/ports/${server.port}`, {
        host_policy: server.hostPolicy,
      });
    const link = await mintLink(caller, sandboxId, server.port);
    // With a hostname of its own, so that it spends no request of the visitors' limit.
    const probe = await mintLink(caller, sandboxId, server.port);
    const guest = new DevGuest(network, folder, {
      public: publicUrl("https", DOMAIN, sandboxId, server.port),
      link: linkUrl("https", `preview.${DOMAIN}`, link.token),
    });
    try {
      await guest.#serve(server, async () => {
        const headers = { host: new URL(probe.url).hostname };
        const response = await request(shared.edge, { headers });
        await response.body.dump();
        return response.headers["preview-error"] === undefined;
      });
    } catch (error) {
      await guest[Symbol.asyncDispose]();
      throw error;
    }
    return guest;
  }

  async #serve(server: DevServer, responds: () => Promise<boolean>): Promise<void> {
    const { file, args, env } = toCommand(server.start);
    const child = this.#network.namespace.spawn(file, args, {
      cwd: this.folder,
      env: { ...projectEnvironment(this.folder), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log = createWriteStream(this.#log);
    for (const stream of [child.stdout, child.stderr]) stream?.pipe(log, { end: false });
    const deadlineMs = Date.now() + START_TIMEOUT_MS;
    while (!(await responds())) {
      if (child.exitCode !== null)
        throw new Error(`the server ended with ${child.exitCode}: ${await this.logTail()}`);
      if (Date.now() > deadlineMs)
        throw new Error(`no response within ${START_TIMEOUT_MS / 1000} s: ${await this.logTail()}`);
      await setTimeout(POLL_MS);
    }
  }

  async logTail(): Promise<string> {
    return (await readFile(this.#log, "utf8")).slice(-LOG_TAIL_CHARACTERS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network.namespace[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function toCommand(start: DevServer["start"]): Command {
  return typeof start === "string" ? { file: "sh", args: ["-c", start] } : start;
}
