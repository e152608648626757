import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tls from "node:tls";
import type { Listener } from "../../../connector/create-listener.ts";
import { createListener } from "../../../connector/create-listener.ts";
import { createCertificate } from "../create-certificate.ts";

/** A certificate with its key, as PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** What a client saw of one connection. */
export interface Visit {
  /** Common name of the server's certificate; `undefined` for a session that was resumed without one. */
  readonly name: string | undefined;
  readonly isReused: boolean;
  /** Ticket for a later connection. */
  readonly session: Buffer | undefined;
  /** What the server sent, before it closed or refused the connection. */
  readonly text: string;
}

/** TLS listeners of a connector, by real files and real handshakes. */
export class TlsStage {
  readonly directory: string;
  readonly files: { certificateFile: string; keyFile: string; clientCaFile?: string };
  readonly log: string[] = [];
  /** Sockets that the relay would have got. */
  readonly accepted: net.Socket[] = [];
  readonly #listeners: Listener[] = [];

  private constructor(directory: string) {
    this.directory = directory;
    this.files = { certificateFile: join(directory, "cert.pem"), keyFile: join(directory, "key.pem") };
  }

  static async create(name: string): Promise<TlsStage> {
    const stage = new TlsStage(await mkdtemp(join(tmpdir(), "tls-stage-")));
    await stage.write(await createCertificate([name]));
    return stage;
  }

  async write({ cert, key }: Pair): Promise<void> {
    await writeFile(this.files.certificateFile, cert);
    await writeFile(this.files.keyFile, key);
  }

  /** The relay's part: responds "served", and ends the connection. */
  async listen(respond = (socket: net.Socket): unknown => socket.end("served")): Promise<Listener> {
    const note = (level: string) => (facts: object, message: string) => {
      this.log.push(`${level}: ${message} ${JSON.stringify(facts)}`);
    };
    const log = { info: note("info"), error: note("error") };
    // pino's overloads take facts and a message.
    const listener = await createListener({ tls: this.files }, { log: log as never });
    this.#listeners.push(listener);
    listener.onSocket((socket) => {
      this.accepted.push(socket);
      respond(socket);
    });
    listener.server.listen(0, "127.0.0.1");
    await once(listener.server, "listening");
    return listener;
  }

  /** @returns once the connection is closed, also where the server refuses the client */
  async visit(listener: Listener, options: tls.ConnectionOptions = {}): Promise<Visit> {
    const socket = this.connect(listener, options);
    let session: Buffer | undefined;
    let text = "";
    let shaken: Pick<Visit, "name" | "isReused"> = { name: undefined, isReused: false };
    socket.on("session", (ticket) => {
      session = ticket;
    });
    socket.on("secureConnect", () => {
      const { subject } = socket.getPeerCertificate();
      shaken = { name: subject?.CN as string | undefined, isReused: socket.isSessionReused() };
    });
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("error", () => {});
    await new Promise((closed) => socket.on("close", closed));
    return { ...shaken, session, text };
  }

  connect({ server }: Listener, options: tls.ConnectionOptions = {}): tls.TLSSocket {
    const { port } = server.address() as net.AddressInfo;
    return tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
  }

  async close(): Promise<void> {
    for (const socket of this.accepted) socket.destroy();
    for (const { server } of this.#listeners) server.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}
