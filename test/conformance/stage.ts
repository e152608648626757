import { afterAll, afterEach, beforeAll } from "vitest";
import { RawGuest, type RawRequest } from "../support/raw-guest.ts";
import { type RawAnswer, RawPeer } from "../support/raw-peer.ts";
import type { ConformanceTarget, StartTarget } from "./target.ts";

/** One target with its guest, and what every case does with them. */
export class Stage {
  guest!: RawGuest;
  target!: ConformanceTarget;
  readonly #visitors = new Set<RawPeer>();

  /** Starts and stops the target with the tests around the call. */
  static set(start: StartTarget): Stage {
    const stage = new Stage();
    beforeAll(async () => {
      stage.guest = await RawGuest.start();
      stage.target = await start(stage.guest);
    });
    afterEach(() => stage.clear());
    afterAll(async () => {
      await stage.target.close();
      await stage.guest.close();
    });
    return stage;
  }

  visit(): RawPeer {
    const visitor = new RawPeer(this.target.connect());
    this.#visitors.add(visitor);
    return visitor;
  }

  /** The field lines of the target's address. */
  get address(): string {
    return Object.entries(this.target.fields)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("");
  }

  get resets(): boolean {
    return this.target.resets ?? this.target.direct;
  }

  /** A request's head: line, address, then the given field lines. */
  head(line: string, fieldLines = ""): string {
    return `${line} HTTP/1.1\r\n${this.address}${fieldLines}\r\n`;
  }

  /** Sends one request and answers it: what either side got. */
  async exchange(
    request: string,
    answer: string,
    method = "GET",
  ): Promise<{ seen: RawRequest; answer: RawAnswer }> {
    const visitor = this.visit();
    visitor.send(request);
    const seen = await this.guest.nextRequest();
    seen.answer(answer);
    return { seen, answer: await visitor.readAnswer(method) };
  }

  /** A plain exchange on a connection of its own: the relay still works, and nothing is left over from before. */
  async canary(): Promise<RawAnswer> {
    const tag = `canary-${Math.random()}`;
    const { seen, answer } = await this.exchange(this.head(`GET /${tag}`), answerOf(tag));
    if (!seen.head.startsWith(`GET /${tag} HTTP/1.1\r\n`) || answer.body !== tag) {
      throw new Error(`the canary saw ${JSON.stringify({ head: seen.head, answer })}`);
    }
    return answer;
  }

  async clear(): Promise<void> {
    for (const { socket } of this.#visitors) socket.destroy();
    this.#visitors.clear();
    await this.guest.reset();
  }
}

/** A plain 200 with a body of known length. */
export function answerOf(body: string, fieldLines = ""): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${fieldLines}\r\n${body}`;
}
