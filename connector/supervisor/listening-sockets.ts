import { lookup } from "node:dns/promises";
import { chmod } from "node:fs/promises";
import * as net from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Config } from "../config.ts";
import { prepareSocketPath } from "../control/serve-json.ts";

/** The supervisor cannot open a socket. */
export class SocketError extends Error {
  override readonly name = "SocketError";
}

interface Handle {
  readonly fd: number;
  close(): void;
  getsockname(out: { port?: number }): number;
}

/** Private to Node, used by its own `cluster` in the same way: opens and binds a socket, and does not accept from it. */
type CreateServerHandle = (
  address: string,
  port: number,
  addressType: 4 | 6 | -1,
  fd: number | undefined,
  flags: number,
) => Handle | number;

/** The children of a supervisor that was killed hold its sockets until they have noticed. */
const RELEASE_MS = 2_000;
const RETRY_MS = 50;

/** libuv's UV_TCP_REUSEPORT. */
const REUSE_PORT = 2;

/**
 * The sockets of all generations. The supervisor only holds them open, and never accepts: its children get copies of the
 * descriptors, so no connection that waits in a queue is lost when one of them closes its copy.
 */
export class ListeningSockets {
  readonly #inherited: readonly number[];
  readonly #listening = new Map<string, Handle[]>();
  readonly #local = new Map<string, Handle>();

  /** @param inherited sockets for visitors that another process holds, too */
  constructor(inherited: readonly number[]) {
    this.#inherited = inherited;
  }

  /** New connections wait while no worker is there, also after this process has ended. */
  get areInherited(): boolean {
    return this.#inherited.length > 0;
  }

  /**
   * Sockets for visitors, one for each of so many workers unless they are inherited.
   *
   * @throws {SocketError}
   */
  async forVisitors({ host, port }: Config["listen"], workers: number): Promise<readonly number[]> {
    if (this.areInherited) return this.#inherited;
    const key = `${host} ${port}`;
    const handles = this.#listening.get(key) ?? [];
    this.#listening.set(key, handles);
    const { address, family } = await lookup(host);
    const type = family === 6 ? 6 : 4;
    // Without the flag at first: it would share the port with another connector of the same user.
    if (handles.length === 0) (await whenReleased(() => bind(address, port, type))).close();
    let actualPort = portOf(handles[0]) ?? port;
    while (handles.length < workers) {
      handles.push(bind(address, actualPort, type, REUSE_PORT));
      actualPort = portOf(handles[0]) ?? port;
    }
    return handles.map(({ fd }) => fd);
  }

  /**
   * A Unix socket that only this process's user can open.
   *
   * @throws {SocketError} also where another process listens there
   */
  async forLocal(path: string): Promise<number> {
    const known = this.#local.get(path);
    if (known !== undefined) return known.fd;
    await whenReleased(() => prepare(path));
    const handle = bind(path, -1, -1);
    await chmod(path, 0o600);
    this.#local.set(path, handle);
    return handle.fd;
  }

  /** Closes those that the current configuration does not name; workers of former generations have their own copies. */
  keepOnly({ host, port }: Config["listen"], paths: readonly string[]): void {
    for (const [key, handles] of this.#listening) {
      if (key === `${host} ${port}`) continue;
      for (const handle of handles) handle.close();
      this.#listening.delete(key);
    }
    for (const [path, handle] of this.#local) {
      if (paths.includes(path)) continue;
      handle.close();
      this.#local.delete(path);
    }
  }

  /** Closes those for visitors that are not inherited; children that still accept have their own copies. */
  closeListening(): void {
    for (const handle of [...this.#listening.values()].flat()) handle.close();
    this.#listening.clear();
  }

  close(): void {
    this.closeListening();
    for (const handle of this.#local.values()) handle.close();
    this.#local.clear();
  }
}

async function prepare(path: string): Promise<void> {
  try {
    await prepareSocketPath(path);
  } catch (error) {
    throw new SocketError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** @throws what `open` throws when the time is over */
async function whenReleased<Opened>(open: () => Opened | Promise<Opened>): Promise<Opened> {
  for (const untilMs = performance.now() + RELEASE_MS; ; await pause(RETRY_MS)) {
    try {
      return await open();
    } catch (error) {
      if (performance.now() >= untilMs) throw error;
    }
  }
}

function portOf(handle: Handle | undefined): number | undefined {
  const name: { port?: number } = {};
  handle?.getsockname(name);
  return name.port;
}

function bind(address: string, port: number, type: 4 | 6 | -1, flags = 0): Handle {
  const { _createServerHandle: create } = net as unknown as { _createServerHandle?: CreateServerHandle };
  if (create === undefined)
    throw new SocketError("this version of Node cannot open a socket for other processes");
  const handle = create(address, port, type, undefined, flags);
  if (typeof handle !== "number") return handle;
  const where = type === -1 ? address : `${address} port ${port}`;
  throw new SocketError(`cannot listen on ${where}: ${describeError(handle)}`);
}

function describeError(code: number): string {
  const names: Readonly<Record<number, string>> = {
    [-13]: "permission denied",
    [-98]: "the address is in use",
    [-99]: "this machine does not have the address",
  };
  return names[code] ?? `error ${code}`;
}
