import { useCallback, useEffect, useState } from "preact/hooks";
import { CallError } from "./problem.ts";

export interface CallState<T> {
  readonly data: T | undefined;
  readonly error: CallError | undefined;
  readonly isLoading: boolean;
  reload(): void;
  /** Replaces what is shown, until the next load. */
  set(data: T): void;
}

/** Loads something when the view opens, and again whenever `key` changes. */
export function useCall<T>(key: string, load: () => Promise<T>): CallState<T> {
  const [data, setData] = useState<T>();
  const [error, setError] = useState<CallError>();
  const [isLoading, setLoading] = useState(true);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    setLoading(true);
    load()
      .then((loaded) => {
        if (!isCurrent) return;
        setData(() => loaded);
        setError(undefined);
      })
      .catch((reason: unknown) => {
        if (isCurrent) setError(toCallError(reason));
      })
      .finally(() => {
        if (isCurrent) setLoading(false);
      });
    return () => {
      isCurrent = false;
    };
  }, [key, round]);
  const reload = useCallback(() => setRound((value) => value + 1), []);
  return { data, error, isLoading, reload, set: (value) => setData(() => value) };
}

export function toCallError(reason: unknown): CallError {
  return reason instanceof CallError ? reason : new CallError(0, { detail: String(reason) });
}
