import type { JSONWebKeySet, JWTVerifyGetKey } from "jose";
import { createLocalJWKSet, errors } from "jose";
import type { Logger } from "pino";
import { JWKS_PATH } from "../../shared/protocol/host-api.ts";
import { USER_AGENT } from "../user-agent.ts";
import type { FetchedKeys, KeysFile } from "./keys-file.ts";
import { KeysMissingError } from "./keys-missing-error.ts";

/**
 * Least time between two fetches of the edge's keys for passes that name an unknown one. It bounds how long visitors are
 * refused after the edge has changed its key without notice, and how often forged passes make this host fetch.
 */
export const KEYS_COOLDOWN_MS = 3_000;

/** Time between two fetches without a cause: a key that the edge publishes no more is dropped after that. */
export const KEYS_REFRESH_MS = 600_000;

/** The same, while the edge does not respond. */
export const KEYS_RETRY_MS = 30_000;

/** For so long keys are used while the edge cannot be reached. */
export const KEYS_MAX_AGE_MS = 24 * 3_600_000;

const FETCH_TIMEOUT_MS = 5_000;

export interface KeysStatus {
  readonly fetchedAtMs?: number;
  readonly usableUntilMs?: number;
  /** Why the last fetch failed. */
  readonly failure?: string;
}

interface Keys extends FetchedKeys {
  readonly find: JWTVerifyGetKey;
}

/**
 * The keys with which passes are verified: fetched from the edge when they are needed and every ten minutes, and kept on
 * disk. While the edge cannot be reached, the last good ones are used for a day, also after a restart.
 */
export class EdgeKeys {
  readonly #url: URL;
  readonly #file: KeysFile;
  readonly #log: Logger;
  #keys: Keys | undefined;
  #fetch: Promise<boolean> | undefined;
  /** Ends when the last fetched keys are on disk. No visitor waits for that. */
  #kept: Promise<void> = Promise.resolve();
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #failure: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param api base URL of the edge's API */
  constructor(api: string, file: KeysFile, log: Logger) {
    this.#url = new URL(JWKS_PATH, api);
    this.#file = file;
    this.#log = log;
  }

  /** Reads the keys that were kept, and begins to fetch. */
  async start(): Promise<void> {
    const kept = await this.#file.read();
    if (kept !== undefined) this.#keys = toKeys(kept);
    this.#fetchRepeatedly();
  }

  /** @returns when what was fetched is on disk */
  stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    return this.#kept;
  }

  /** For jose's `jwtVerify`. @throws {KeysMissingError} */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keys = this.#usable() ?? (await this.#fetchUsable());
    try {
      return await keys.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    return (await this.#fetchUsable()).find(header, token);
  };

  status(): KeysStatus {
    const fetchedAtMs = this.#keys?.fetchedAtMs;
    return {
      ...(fetchedAtMs !== undefined && { fetchedAtMs, usableUntilMs: fetchedAtMs + KEYS_MAX_AGE_MS }),
      ...(this.#failure !== undefined && { failure: this.#failure }),
    };
  }

  #usable(): Keys | undefined {
    const keys = this.#keys;
    return keys !== undefined && Date.now() < keys.fetchedAtMs + KEYS_MAX_AGE_MS ? keys : undefined;
  }

  /** Fetches, unless that was tried a moment ago. */
  async #fetchUsable(): Promise<Keys> {
    if (this.#fetch !== undefined || Date.now() >= this.#triedAtMs + KEYS_COOLDOWN_MS)
      await this.#fetchOnce();
    const keys = this.#usable();
    if (keys === undefined || this.#failure !== undefined)
      throw new KeysMissingError(this.#failure ?? "the edge's keys are too old");
    return keys;
  }

  #fetchRepeatedly(): void {
    void this.#fetchOnce().then((succeeded) => {
      if (this.#stopped) return;
      const pauseMs = succeeded ? KEYS_REFRESH_MS : KEYS_RETRY_MS;
      this.#timer = setTimeout(() => this.#fetchRepeatedly(), pauseMs).unref();
    });
  }

  /** @returns whether the edge has responded with keys */
  #fetchOnce(): Promise<boolean> {
    this.#fetch ??= this.#fetchNow().finally(() => {
      this.#fetch = undefined;
    });
    return this.#fetch;
  }

  async #fetchNow(): Promise<boolean> {
    this.#triedAtMs = Date.now();
    try {
      const fetched: FetchedKeys = { fetchedAtMs: this.#triedAtMs, jwks: await fetchKeys(this.#url) };
      this.#keys = toKeys(fetched);
      if (this.#failure !== undefined) this.#log.info("the edge's keys can be fetched again");
      this.#failure = undefined;
      this.#kept = this.#kept.then(() => this.#keep(fetched));
      return true;
    } catch (error) {
      this.#reportFailure(error);
      return false;
    }
  }

  async #keep(fetched: FetchedKeys): Promise<void> {
    try {
      await this.#file.write(fetched);
    } catch (error) {
      this.#log.error({ err: error }, "the edge's keys are not kept for a restart");
    }
  }

  /** One line where fetching begins to fail, not one for each try. */
  #reportFailure(error: unknown): void {
    const isNew = this.#failure === undefined;
    this.#failure = `${this.#url.origin} has not responded with its keys: ${describe(error)}`;
    if (!isNew) return;
    const { fetchedAtMs, usableUntilMs } = this.status();
    const facts = { err: error, fetchedAt: toIso(fetchedAtMs), usableUntil: toIso(usableUntilMs) };
    if (this.#usable() === undefined) this.#log.error(facts, "no keys of the edge: visitors get 503");
    else this.#log.warn(facts, "the edge's keys cannot be fetched: the last good ones are used");
  }
}

async function fetchKeys(url: URL): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { accept: "application/json", "user-agent": USER_AGENT },
    redirect: "error",
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  return (await response.json()) as JSONWebKeySet;
}

/** @throws {errors.JWKSInvalid} for what is no set of keys */
function toKeys({ fetchedAtMs, jwks }: FetchedKeys): Keys {
  return { fetchedAtMs, jwks, find: createLocalJWKSet(jwks) };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function toIso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
