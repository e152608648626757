import { monitorEventLoopDelay } from "node:perf_hooks";

/** What one process uses. */
export interface ProcessUse {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** How late timers were since the last reading, in seconds. */
  readonly delayP50Seconds: number;
  readonly delayP99Seconds: number;
  readonly delayMaxSeconds: number;
}

/** By process id. */
export type ProcessUses = Readonly<Record<string, ProcessUse>>;

/** Ten wake-ups a second. */
const RESOLUTION_MS = 100;
const NANOSECONDS = 1e9;

/** Reads what this process uses, and how long its event loop stands still. */
export class ProcessMeter {
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#delays.enable();
  }

  read(): ProcessUses {
    const { user, system } = process.cpuUsage();
    const delays = this.#delays;
    // The histogram holds the whole interval between two wake-ups.
    const late = (nanoseconds: number): number =>
      Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS / 1000);
    const use: ProcessUse = {
      cpuSeconds: (user + system) / 1e6,
      residentBytes: process.memoryUsage.rss(),
      delayP50Seconds: late(delays.count === 0 ? 0 : delays.percentile(50)),
      delayP99Seconds: late(delays.count === 0 ? 0 : delays.percentile(99)),
      delayMaxSeconds: late(delays.count === 0 ? 0 : delays.max),
    };
    delays.reset();
    return { [process.pid]: use };
  }

  stop(): void {
    this.#delays.disable();
  }
}
