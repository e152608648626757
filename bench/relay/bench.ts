import type { Certificate } from "../shared/processes/create-certificate.ts";
import type { ProcessGroup } from "../shared/processes/process-group.ts";
import type { Options } from "./options.ts";

/** The cores of the proxies, and of load and origins. They share nothing but memory. */
export interface Cores {
  readonly proxy: number;
  readonly load: number;
}

/** Ports of the origins: small responses and files come from one, uploads and WebSockets go to the other. */
export interface Origins {
  readonly responses: number;
  readonly streams: number;
}

/** What every part of a run works with. */
export interface Bench {
  readonly options: Options;
  readonly cores: Cores;
  /** Holds all files of this run, and is removed after it. */
  readonly directory: string;
  readonly group: ProcessGroup;
  readonly origins: Origins;
  readonly certificate: Certificate;
  /** The load program, and Go's proxy. */
  readonly wire: string;
  readonly goProxy: string;
}
