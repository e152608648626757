import { mkdtemp, rm } from "node:fs/promises";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { vi } from "vitest";
import { AccessChanges } from "../../../connector/access/access-changes.ts";
import { Attachments } from "../../../connector/attachments.ts";
import { callControl } from "../../../connector/control/call-control.ts";
import type { JsonServer } from "../../../connector/control/serve-json.ts";
import { Announcer } from "../../../connector/edge/announcer.ts";
import type { EdgeClient, EdgeError } from "../../../connector/edge/edge-client.ts";
import { GuestStore } from "../../../connector/guests/guest-store.ts";
import { GuestTable } from "../../../connector/guests/guest-table.ts";
import { createHostCallServer } from "../../../connector/host-calls/create-host-call-server.ts";
import { Launcher } from "../../../connector/host-calls/launcher.ts";
import { PortStreams } from "../../../connector/host-calls/ports/port-streams.ts";
import { Revocations } from "../../../connector/revocations.ts";
import { LocalRelay } from "../../../connector/workers/local-relay.ts";
import { createAccounts } from "./request-accounts.ts";

const LOG = pino({ level: "silent" });

/** The launcher's description of the guest that it has started. */
export const STARTED = { address: "10.0.0.2" };

/** The calls of the edge to a host, between a launcher and an edge that do what a test sets. */
export class HostCallStage {
  /** Calls of the launcher, and detaches, in order. */
  readonly calls: string[] = [];
  /** The launcher's responses by method; `undefined`: it never responds. */
  readonly launcher: Record<string, { status: number; text: string } | undefined> = {
    POST: { status: 201, text: JSON.stringify(STARTED) },
    DELETE: { status: 200, text: "{}" },
  };
  readonly guests: GuestTable;
  readonly revocations = new Revocations();
  edgeRefuses: EdgeError | undefined;
  readonly #directory: string;
  readonly #launcherServer: http.Server;
  #hostCalls: JsonServer | undefined;

  static async open(): Promise<HostCallStage> {
    const stage = new HostCallStage(await mkdtemp(join(tmpdir(), "host-calls-")));
    await stage.#start();
    return stage;
  }

  private constructor(directory: string) {
    this.#directory = directory;
    this.guests = new GuestTable({
      store: new GuestStore(join(directory, "guests")),
      onPortsChange() {},
      onDetach: () => this.calls.push("detached"),
    });
    this.#launcherServer = http.createServer((request, response) => {
      this.calls.push(`${request.method} ${request.url}`);
      const outcome = this.launcher[request.method ?? ""];
      if (outcome !== undefined) response.writeHead(outcome.status).end(outcome.text);
    });
  }

  call(method: string, path: string, body?: unknown): Promise<unknown> {
    return callControl(join(this.#directory, "host-calls.sock"), method, path, body);
  }

  /** Makes every timeout short, except the caller's own. */
  shortenTimeouts(): void {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => timeout(ms === 60_000 ? ms : 50));
  }

  async close(): Promise<void> {
    vi.restoreAllMocks();
    this.#launcherServer.closeAllConnections();
    this.#launcherServer.close();
    this.#hostCalls?.close();
    await rm(this.#directory, { recursive: true });
  }

  async #start(): Promise<void> {
    const launcherSocket = join(this.#directory, "launcher.sock");
    await new Promise<void>((resolve) => this.#launcherServer.listen(launcherSocket, resolve));
    await this.guests.load();
    const respond = async (): Promise<void> => {
      if (this.edgeRefuses !== undefined) throw this.edgeRefuses;
    };
    const { guests } = this;
    const edge = { attach: respond, detach: respond } as unknown as EdgeClient;
    const announcer = new Announcer({ edge, guests, log: LOG, renew: async () => {} });
    const addresses = { allowLoopback: false };
    this.#hostCalls = await createHostCallServer({
      place: join(this.#directory, "host-calls.sock"),
      launch: {
        launcher: new Launcher(launcherSocket),
        attachments: new Attachments({ guests, announcer, addresses, log: LOG }),
        log: LOG,
      },
      ports: { guests, streams: new PortStreams() },
      ...createAccounts(guests),
      relays: new LocalRelay({
        revocations: this.revocations,
        accessChanges: new AccessChanges(),
        guests,
        relay: { cut: () => 0, closeGuest: () => {}, stats: () => ({}) as never },
      }),
      instance: "instance-of-this-stage",
      log: LOG,
    });
  }
}
