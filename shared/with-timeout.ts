/**
 * Waits for a promise for a limited time. What the promise stands for goes on; its result is then ignored.
 *
 * @throws {DOMException} `TimeoutError`, when the time is over
 *
 * @example
 * ```ts
 * const admission = await withTimeout(5_000, sandbox.admit(ask));
 * ```
 */
export function withTimeout<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new DOMException(`no response within ${timeoutMs} ms`, "TimeoutError")),
      timeoutMs,
    );
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error as Error);
      },
    );
  });
}
