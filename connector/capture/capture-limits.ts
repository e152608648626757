import { MAX_CAPTURED_BODY_BYTES, MAX_EXCHANGES } from "../../shared/protocol/request-log.ts";

const MIB = 1024 * 1024;

/** Limits of the request log. What is under way and what is kept have memory of their own: together 8 MiB of a sandbox, 256 MiB of all. */
export interface CaptureLimits {
  /** Exchanges that are kept of one sandbox. */
  readonly maxExchanges: number;
  readonly maxBodyBytes: number;
  readonly maxKeptBytesPerSandbox: number;
  readonly maxKeptBytes: number;
  /** Of exchanges that are under way. */
  readonly maxOpenBytesPerSandbox: number;
  readonly maxOpenBytes: number;
}

export const DEFAULT_CAPTURE_LIMITS: CaptureLimits = {
  maxExchanges: MAX_EXCHANGES,
  maxBodyBytes: MAX_CAPTURED_BODY_BYTES,
  maxKeptBytesPerSandbox: 6 * MIB,
  maxKeptBytes: 224 * MIB,
  maxOpenBytesPerSandbox: 2 * MIB,
  maxOpenBytes: 32 * MIB,
};

/** What one of several relay workers may use, so that all together keep the limits of one. */
export function shareCaptureLimits(workers: number, limits = DEFAULT_CAPTURE_LIMITS): CaptureLimits {
  return {
    ...limits,
    maxOpenBytesPerSandbox: Math.floor(limits.maxOpenBytesPerSandbox / workers),
    maxOpenBytes: Math.floor(limits.maxOpenBytes / workers),
  };
}

/** What an exchange takes besides its heads and bodies: objects, maps and headers of strings. A test measures it. */
export const EXCHANGE_OVERHEAD_BYTES = 1024;
