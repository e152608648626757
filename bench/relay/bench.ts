import type { Certificate } from "./host/create-certificate.ts";
import type { ProcessHerd } from "./host/process-herd.ts";
import type { Options } from "./parse-options.ts";

/** Who proxies, and who loads and answers: two cores that share nothing but memory. */
export interface Cores {
  readonly proxy: number;
  readonly load: number;
}

/** Where proxies lead: small answers and files come from one origin, uploads and WebSockets go to the other. */
export interface Origins {
  readonly answers: number;
  readonly streams: number;
}

/** What every part of a run works with. */
export interface Bench {
  readonly options: Options;
  readonly cores: Cores;
  /** Holds all files of this run, and is removed after it. */
  readonly directory: string;
  readonly herd: ProcessHerd;
  readonly origins: Origins;
  readonly certificate: Certificate;
  /** The load program, and Go's proxy. */
  readonly wire: string;
  readonly goProxy: string;
}
