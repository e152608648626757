import { setImmediate } from "node:timers/promises";

/** Turns of Node's event loop after which all work that needs no time to pass is done. */
const TURNS = 6;

const WallDate = globalThis.Date;
const wallTimers = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };

/** A timer of the edge's modules. */
interface Timer {
  act: (() => void) | undefined;
}

/**
 * A clock that stands still while work is done, and moves by a millisecond when nothing is left to do.
 *
 * Replaces `Date` and `setTimeout` of this process until it is removed: the edge's modules use them as in workerd.
 */
export class SimulatedTime {
  nowMs: number;
  readonly #due = new Map<number, (() => void)[]>();
  readonly #removeCryptoWatch: () => void;
  #pendingCrypto = 0;

  constructor(startMs: number) {
    this.nowMs = startMs;
    const nowMs = (): number => this.nowMs;
    globalThis.Date = class extends WallDate {
      constructor(...given: []) {
        if (given.length === 0) super(nowMs());
        else super(...given);
      }
      static override now(): number {
        return nowMs();
      }
    } as DateConstructor;
    const setTimer = (act: () => void, delayMs = 0): Timer => this.#setTimer(act, delayMs);
    const clearTimer = (timer: Timer | undefined): void => {
      if (timer !== undefined) timer.act = undefined;
    };
    Object.assign(globalThis, { setTimeout: setTimer, clearTimeout: clearTimer });
    this.#removeCryptoWatch = this.#watchCrypto();
  }

  /** Restores what it replaced. */
  remove(): void {
    globalThis.Date = WallDate;
    Object.assign(globalThis, wallTimers);
    this.#removeCryptoWatch();
  }

  after(delayMs: number, act: () => void): void {
    const atMs = this.nowMs + Math.max(1, Math.round(delayMs));
    const due = this.#due.get(atMs);
    if (due === undefined) this.#due.set(atMs, [act]);
    else due.push(act);
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((done) => this.after(delayMs, done));
  }

  /** Lets a millisecond pass, and runs what is due in it. */
  async step(act: () => void): Promise<void> {
    this.nowMs += 1;
    const due = this.#due.get(this.nowMs);
    this.#due.delete(this.nowMs);
    for (const each of due ?? []) each();
    act();
    await this.#settle();
  }

  #setTimer(act: () => void, delayMs: number): Timer {
    const timer: Timer = { act };
    this.after(delayMs, () => timer.act?.());
    return timer;
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < TURNS || this.#pendingCrypto > 0; turn++) await setImmediate();
  }

  /** Cryptography runs in threads: time must not pass before it is done. */
  #watchCrypto(): () => void {
    const { subtle } = globalThis.crypto;
    const names = ["sign", "verify", "encrypt", "digest", "importKey", "deriveKey", "deriveBits"] as const;
    for (const name of names) {
      const original = subtle[name] as (...args: unknown[]) => Promise<unknown>;
      const watched = (...args: unknown[]): Promise<unknown> => {
        this.#pendingCrypto += 1;
        return original.apply(subtle, args).finally(() => {
          this.#pendingCrypto -= 1;
        });
      };
      Object.defineProperty(subtle, name, { value: watched, configurable: true, writable: true });
    }
    return () => {
      for (const name of names) Reflect.deleteProperty(subtle, name);
    };
  }
}
