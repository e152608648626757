import type { ArrivalMark, MarkStore } from "./rate-buckets.ts";

const KEY = "arrivalMark";

/** A mark in an object's storage. No response waits for its write: a crash within those milliseconds may cost a burst. */
export function storedMark(storage: DurableObjectStorage): MarkStore {
  return {
    read: () => storage.kv.get<ArrivalMark>(KEY),
    write(mark) {
      void storage.put(KEY, mark, { allowUnconfirmed: true });
    },
  };
}
