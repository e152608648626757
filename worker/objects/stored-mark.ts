import type { ArrivalMark } from "./rate-buckets.ts";

const KEY = "latestArrivalMs";

/** A mark in an object's storage. No answer waits for its write: a crash within those milliseconds may cost a burst. */
export function storedMark(storage: DurableObjectStorage): ArrivalMark {
  return {
    read: () => storage.kv.get<number>(KEY) ?? 0,
    write(unixMs) {
      void storage.put(KEY, unixMs, { allowUnconfirmed: true });
    },
  };
}
