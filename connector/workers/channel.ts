import type * as net from "node:net";

/** A call got no result: the other process has ended, does not respond, or its function has thrown. */
export class ChannelError extends Error {
  override readonly name = "ChannelError";
}

// biome-ignore lint/suspicious/noExplicitAny: a contract's functions take one argument of any type
type AnyFunction = (argument: any) => unknown;

/** The functions of one side of a channel, each with one argument. Arguments and results are JSON. */
export type Functions<Contract> = { readonly [Name in keyof Contract]: AnyFunction };
type Argument<F> = F extends (argument: infer A) => unknown ? A : never;
type Result<F> = F extends (argument: never) => infer R ? Awaited<R> : never;

type Message =
  | { readonly id?: number; readonly name: string; readonly argument?: unknown }
  | { readonly id: number; readonly result?: unknown; readonly error?: string };

/** A worker whose event loop stands still is replaced after 10 s: a call must not wait for longer. */
export const CALL_TIMEOUT_MS = 8_000;

/** The largest message lists all guests of a host: 10 000 with 32 ports each. */
export const MAX_MESSAGE_LENGTH = 64 * 1024 * 1024;

/** A process that reads no more than this of what it is sent is beyond help. */
export const MAX_UNREAD_BYTES = 128 * 1024 * 1024;

interface PendingCall {
  resolve(result: unknown): void;
  reject(error: Error): void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Calls between two processes of one connector over a Unix socket: a line of JSON for each call and each result. Calls of
 * one side begin on the other in their order.
 */
export class Channel<Remote extends Functions<Remote>> {
  readonly #socket: net.Socket;
  readonly #functions: Readonly<Record<string, AnyFunction>>;
  readonly #onBug: (error: unknown) => void;
  readonly #pending = new Map<number, PendingCall>();
  readonly #chunks: string[] = [];
  #length = 0;
  #lastId = 0;
  /** Resolves when the channel has closed, for whatever reason. */
  readonly closed: Promise<void>;

  /**
   * @param functions what the other side may call; an unknown name is answered with an error
   * @param onBug is called with what they throw
   */
  constructor(socket: net.Socket, functions: object, onBug: (error: unknown) => void) {
    this.#socket = socket;
    this.#functions = functions as Readonly<Record<string, AnyFunction>>;
    this.#onBug = onBug;
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        for (const call of this.#pending.values()) {
          clearTimeout(call.timer);
          call.reject(new ChannelError("the other process has closed the channel"));
        }
        this.#pending.clear();
        resolve();
      });
    });
    socket.on("error", () => {});
    socket.setEncoding("utf8").on("data", (text: string) => this.#read(text));
  }

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  /** @throws {ChannelError} */
  call<Name extends keyof Remote & string>(
    name: Name,
    argument: Argument<Remote[Name]>,
    timeoutMs = CALL_TIMEOUT_MS,
  ): Promise<Result<Remote[Name]>> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new ChannelError("the channel is closed"));
      const id = ++this.#lastId;
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new ChannelError(`no response to ${name} within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#pending.set(id, { resolve: resolve as (result: unknown) => void, reject, timer });
      this.#write({ id, name, argument });
    });
  }

  /** A call whose result nobody waits for. */
  notify<Name extends keyof Remote & string>(name: Name, argument: Argument<Remote[Name]>): void {
    this.#write({ name, argument });
  }

  /** What the other process has yet to read. */
  get unreadBytes(): number {
    return this.#socket.writableLength;
  }

  close(): void {
    this.#socket.destroy();
  }

  #write(message: Message): void {
    if (this.#socket.destroyed) return;
    this.#socket.write(`${JSON.stringify(message)}\n`);
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) this.#socket.destroy();
  }

  #read(text: string): void {
    let start = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      this.#chunks.push(text.slice(start, end));
      start = end + 1;
      const line = this.#chunks.join("");
      this.#chunks.length = 0;
      this.#length = 0;
      this.#receive(line);
    }
    if (start === text.length) return;
    this.#chunks.push(text.slice(start));
    this.#length += text.length - start;
    if (this.#length > MAX_MESSAGE_LENGTH) this.#socket.destroy();
  }

  #receive(line: string): void {
    const message = parseMessage(line);
    if (message === undefined) this.#socket.destroy();
    else if ("name" in message) this.#respond(message.id, message.name, message.argument);
    else this.#settle(message);
  }

  /** Without a promise the result is sent before whatever the function has caused to be sent later. */
  #respond(id: number | undefined, name: string, argument: unknown): void {
    const send = (result: unknown): void => {
      if (id !== undefined) this.#write({ id, result });
    };
    const fail = (error: unknown): void => {
      this.#onBug(error);
      if (id !== undefined)
        this.#write({ id, error: error instanceof Error ? error.message : String(error) });
    };
    try {
      const known = Object.hasOwn(this.#functions, name) ? this.#functions[name] : undefined;
      if (known === undefined) throw new ChannelError(`there is no function ${name}`);
      const result = known.call(this.#functions, argument);
      if (result instanceof Promise) result.then(send, fail);
      else send(result);
    } catch (error) {
      fail(error);
    }
  }

  #settle({ id, result, error }: Exclude<Message, { name: string }>): void {
    const call = this.#pending.get(id);
    if (call === undefined) return;
    this.#pending.delete(id);
    clearTimeout(call.timer);
    if (error === undefined) call.resolve(result);
    else call.reject(new ChannelError(error));
  }
}

/** The other side is a process of the same connector: what it says has the form of the contract. */
function parseMessage(line: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(line);
    const isMessage =
      typeof message === "object" && message !== null && ("name" in message || "id" in message);
    return isMessage ? (message as Message) : undefined;
  } catch {
    return undefined;
  }
}
