import type * as net from "node:net";

/** One response as it was on the wire. */
export interface RawResponse {
  readonly status: number;
  /** With the empty line. */
  readonly head: string;
  /** By lower-case name; several fields of one name are joined by a line feed. */
  readonly fields: ReadonlyMap<string, string>;
  /** Without framing. */
  readonly body: string;
  /** The body has its declared end. */
  readonly complete: boolean;
}

/** A socket that is read and written byte by byte; all text is latin1. */
export class RawPeer {
  readonly socket: net.Socket;
  readonly #transport: net.Socket;
  #received = Buffer.alloc(0);
  /** The memory of `#received`, with room behind it. */
  #storage = this.#received;
  #finished = false;
  #reset = false;
  #closed = false;
  #wake = Promise.withResolvers<void>();

  /** @param transport the TCP socket below one that speaks TLS */
  constructor(socket: net.Socket, transport = socket) {
    this.socket = socket;
    this.#transport = transport;
    socket.on("data", (bytes) => this.#changed(() => this.#append(bytes)));
    socket.on("end", () => this.#changed(() => (this.#finished = true)));
    socket.on("error", () => this.#changed(() => (this.#reset = true)));
    socket.on("close", () => this.#changed(() => (this.#closed = true)));
  }

  /** The peer has sent a FIN. */
  get finished(): boolean {
    return this.#finished;
  }

  /** The connection ended with a reset. */
  get wasReset(): boolean {
    return this.#reset;
  }

  /**
   * Whether a connection that is over ended with a reset. libuv takes a reset that comes together with data for an end
   * (`uv__stream_io`), for example where the reader is slow; a write fails after a reset only.
   */
  isAborted(): Promise<boolean> {
    if (this.#reset) return Promise.resolve(true);
    return new Promise((resolve) => this.socket.write("\r\n", (error) => resolve(error != null)));
  }

  /** What has come and was not read yet. */
  get unread(): string {
    return this.#received.toString("latin1");
  }

  /** Ends the connection with a reset. */
  reset(): void {
    this.#transport.resetAndDestroy();
    this.socket.destroy();
  }

  send(text: string | Buffer): void {
    this.socket.write(typeof text === "string" ? Buffer.from(text, "latin1") : text);
  }

  /** Sends, and waits until the kernel has it. */
  async sent(text: string | Buffer): Promise<void> {
    await new Promise((resolve) =>
      this.socket.write(typeof text === "string" ? Buffer.from(text, "latin1") : text, resolve),
    );
  }

  /** Reads up to and with `mark`; rejects where the connection ends before. */
  async readUntil(mark: string): Promise<string> {
    await this.#until(() => this.#received.includes(mark, 0, "latin1"));
    return this.#take(this.#received.indexOf(mark, 0, "latin1") + mark.length);
  }

  async readBytes(length: number): Promise<string> {
    await this.#until(() => this.#received.length >= length);
    return this.#take(length);
  }

  /** Reads everything up to the peer's FIN or reset. */
  async readToEnd(): Promise<string> {
    await this.#until(() => this.#finished || this.#closed);
    return this.#take(this.#received.length);
  }

  async readHead(): Promise<string> {
    return this.readUntil("\r\n\r\n");
  }

  /** Reads one response to a request of this method. */
  async readResponse(method = "GET"): Promise<RawResponse> {
    const head = await this.readHead();
    const fields = parseRawFields(head);
    const status = Number(head.slice(9, 12));
    const bodyless = method === "HEAD" || status < 200 || status === 204 || status === 304;
    const { body, complete } = bodyless ? { body: "", complete: true } : await this.#readBody(fields);
    return { status, head, fields, body, complete };
  }

  /** Waits until the connection is closed on both sides. */
  async closed(): Promise<void> {
    while (!this.#closed) await this.#wake.promise;
  }

  async #readBody(fields: ReadonlyMap<string, string>): Promise<{ body: string; complete: boolean }> {
    const length = fields.get("content-length");
    if (fields.get("transfer-encoding") === "chunked") return this.#readChunks();
    if (length === undefined) return { body: await this.readToEnd(), complete: !this.#reset };
    await this.#wait(() => this.#received.length >= Number(length));
    return { complete: this.#received.length >= Number(length), body: this.#take(Number(length)) };
  }

  async #readChunks(): Promise<{ body: string; complete: boolean }> {
    let body = "";
    for (;;) {
      await this.#wait(() => this.#received.includes("\r\n"));
      const size = Number.parseInt(this.unread, 16);
      const lineEnd = this.unread.indexOf("\r\n");
      if (lineEnd === -1) return { body, complete: false };
      await this.#wait(() => this.#received.length >= lineEnd + 4 + size);
      if (this.#received.length < lineEnd + 4 + size)
        return { body: body + this.unread.slice(lineEnd + 2), complete: false };
      body += this.#take(lineEnd + 4 + size).slice(lineEnd + 2, -2);
      if (size === 0) return { body, complete: true };
    }
  }

  #append(bytes: Buffer): void {
    const start = this.#received.byteOffset - this.#storage.byteOffset;
    const end = start + this.#received.length;
    const grown = this.#received.length + bytes.length;
    if (end + bytes.length > this.#storage.length) {
      this.#storage = Buffer.allocUnsafeSlow(2 * grown);
      this.#received.copy(this.#storage);
      this.#received = this.#storage.subarray(0, this.#received.length);
      this.#append(bytes);
      return;
    }
    bytes.copy(this.#storage, end);
    this.#received = this.#storage.subarray(start, end + bytes.length);
  }

  #take(length: number): string {
    const text = this.#received.toString("latin1", 0, length);
    this.#received = this.#received.subarray(length);
    return text;
  }

  async #until(ready: () => boolean): Promise<void> {
    await this.#wait(ready);
    if (!ready()) throw new Error(`the peer ended after ${JSON.stringify(this.unread.slice(0, 300))}`);
  }

  /** Until `ready`, or nothing more can come. */
  async #wait(ready: () => boolean): Promise<void> {
    while (!ready() && !this.#finished && !this.#closed) await this.#wake.promise;
  }

  #changed(change: () => void): void {
    change();
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}

/** The fields of a head, by lower-case name; several of one name are joined by a line feed. */
export function parseRawFields(head: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of head.split("\r\n").slice(1, -2)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    fields.set(name, fields.has(name) ? `${fields.get(name)}\n${value}` : value);
  }
  return fields;
}
