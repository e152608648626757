import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, fetch, request } from "undici";
import WebSocket from "ws";
import { callControl } from "../../connector/control/call-control.ts";
import { findFreePort } from "../../dev/find-free-port.ts";
import { findControlSocket } from "../../dev/start/host/find-control-socket.ts";
import type { GuestAddress } from "../../dev/start/parse-options.ts";
import { startSystem } from "../../dev/start/start-system.ts";
import { Supervisor } from "../../dev/start/supervisor.ts";
import type { SystemDescription } from "../../dev/start/system-description.ts";
import type { Lab } from "../../lab/lab.ts";

type LookupCallback = (error: null, addresses: { address: string; family: number }[]) => void;

/** Resolves each name to this machine; Node does not resolve `*.localhost` on every system. */
function lookupLoopback(_name: string, _options: unknown, callback: LookupCallback): void {
  callback(null, [{ address: "127.0.0.1", family: 4 }]);
}

/** The whole system as `npm start` runs it, with its state in a directory of its own. */
export class RunningSystem {
  readonly description: SystemDescription;
  readonly supervisor: Supervisor;
  readonly controlSocket: string;
  readonly #agent = new Agent({ connect: { lookup: lookupLoopback as never }, bodyTimeout: 120_000 });
  readonly #directory: string;

  private constructor(
    description: SystemDescription,
    supervisor: Supervisor,
    socket: string,
    directory: string,
  ) {
    this.description = description;
    this.supervisor = supervisor;
    this.controlSocket = socket;
    this.#directory = directory;
  }

  static async start(
    guests: readonly GuestAddress[],
    options: { defaultLimits?: boolean; lab?: Lab; launcherSocket?: string; tlsDomain?: string } = {},
  ): Promise<RunningSystem> {
    const stateDirectory = await mkdtemp(join(tmpdir(), "preview-test-"));
    const supervisor = new Supervisor(stateDirectory);
    const { defaultLimits = false, launcherSocket } = options;
    const port = await findFreePort();
    const start = {
      port,
      json: true,
      defaultLimits,
      microvm: false,
      guests,
      stateDirectory,
      ...(launcherSocket !== undefined && { launcherSocket }),
    };
    const description = await startSystem(start, supervisor, () => {}, options.lab, options.tlsDomain);
    return new RunningSystem(
      description,
      supervisor,
      await findControlSocket(stateDirectory),
      stateDirectory,
    );
  }

  /** A request as a visitor sends it; redirects are not followed. */
  visit(url: string, init: Parameters<typeof fetch>[1] = {}) {
    return fetch(url, { dispatcher: this.#agent, redirect: "manual", ...init });
  }

  /** A request as a browser's navigation sends it: `visit` would add other Fetch Metadata. */
  async navigate(url: string): Promise<{ status: number; headers: Record<string, unknown>; text: string }> {
    const headers = { accept: "text/html", "sec-fetch-mode": "navigate" };
    const response = await request(url, { dispatcher: this.#agent, headers });
    return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
  }

  callApi(method: string, path: string, body?: unknown, token = this.description.apiToken) {
    return this.visit(this.description.api + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  openWebSocket(url: string, protocols: string[] = []): WebSocket {
    return new WebSocket(url.replace(/^http/, "ws"), protocols, { lookup: lookupLoopback as never });
  }

  urlOf(sandboxId: string, port: number): string {
    return `http://${port}-${sandboxId}.${this.description.previewSuffix}`;
  }

  /** @returns the connector's response */
  attach(sandboxId: string, address: string, more: Record<string, unknown> = {}): Promise<unknown> {
    const { workspace } = this.description;
    return callControl(this.controlSocket, "POST", "/guests", { sandboxId, workspace, address, ...more });
  }

  async detach(sandboxId: string): Promise<void> {
    await callControl(this.controlSocket, "DELETE", `/guests/${sandboxId}`);
  }

  async stop(): Promise<void> {
    await this.#agent.destroy();
    await this.supervisor.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
