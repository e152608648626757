import type { TestAPI } from "vitest";
import { afterAll, afterEach, beforeAll, test } from "vitest";
import { createCertificate } from "../support/create-certificate.ts";
import type { RawRequest } from "../support/relay/raw-guest.ts";
import { RawGuest } from "../support/relay/raw-guest.ts";
import type { RawResponse } from "../support/relay/raw-peer.ts";
import { RawPeer } from "../support/relay/raw-peer.ts";
import type { ConformanceTarget, StartTarget, TargetCapabilities } from "./target.ts";

/** The two forms of `test` that the suite uses. */
type DeclareCase = ((title: string, run: () => Promise<void>) => void) & Pick<TestAPI, "for">;

const DECLARE_NOTHING: DeclareCase = Object.assign(() => {}, { for: () => () => {} });

/** One target with its guest, and the steps that cases share. */
export class Stage {
  guest!: RawGuest;
  target!: ConformanceTarget;
  readonly capabilities: TargetCapabilities;
  readonly #visitors = new Set<RawPeer>();

  private constructor(capabilities: TargetCapabilities) {
    this.capabilities = capabilities;
  }

  /** Starts and stops the target with the tests around the call. */
  static create(capabilities: TargetCapabilities, start: StartTarget): Stage {
    const stage = new Stage(capabilities);
    beforeAll(async () => {
      stage.guest = await RawGuest.start(0, capabilities.guestTls ? await createCertificate() : undefined);
      stage.target = await start(stage.guest);
    });
    afterEach(() => stage.clear());
    afterAll(async () => {
      await stage.target.close();
      await stage.guest.close();
    });
    return stage;
  }

  /** `test` where the target has a capability; elsewhere the cases are not declared, and so not counted as skipped. */
  testIf(capability: keyof TargetCapabilities): DeclareCase {
    return this.capabilities[capability] ? test : DECLARE_NOTHING;
  }

  visit(): RawPeer {
    const visitor = new RawPeer(this.target.connect());
    this.#visitors.add(visitor);
    return visitor;
  }

  /** The guest's port as a browser inside the guest would call it. */
  get localOrigin(): string {
    return `${this.capabilities.guestTls ? "https" : "http"}://localhost:${this.target.port}`;
  }

  /** The field lines of the target's address. */
  get address(): string {
    return Object.entries(this.target.fields)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("");
  }

  /** A request's head: line, address, then the given field lines. */
  head(line: string, fieldLines = ""): string {
    return `${line} HTTP/1.1\r\n${this.address}${fieldLines}\r\n`;
  }

  /** Sends one request and its response: what either side received. */
  async exchange(
    request: string,
    response: string,
    method = "GET",
  ): Promise<{ seen: RawRequest; response: RawResponse }> {
    const visitor = this.visit();
    visitor.send(request);
    const seen = await this.guest.nextRequest();
    seen.respond(response);
    return { seen, response: await visitor.readResponse(method) };
  }

  /** A plain exchange on a connection of its own. It fails where the relay has stopped, or bytes are left over. */
  async canary(): Promise<RawResponse> {
    const tag = `canary-${Math.random()}`;
    const { seen, response } = await this.exchange(this.head(`GET /${tag}`), responseOf(tag));
    if (!seen.head.startsWith(`GET /${tag} HTTP/1.1\r\n`) || response.body !== tag) {
      throw new Error(`the canary saw ${JSON.stringify({ head: seen.head, response })}`);
    }
    return response;
  }

  async clear(): Promise<void> {
    for (const { socket } of this.#visitors) socket.destroy();
    this.#visitors.clear();
    await this.guest.reset();
  }
}

/** A plain 200 with a body of known length. */
export function responseOf(body: string, fieldLines = ""): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${fieldLines}\r\n${body}`;
}
