/**
 * A namespace whose calls are repeated once where Cloudflare says that the first one was not carried out: a deploy or a
 * move restarts objects, which fails the calls under way with an error that is `retryable`. An object that is
 * `overloaded` must not be called again at once.
 *
 * Source: developers.cloudflare.com/durable-objects/best-practices/error-handling
 *
 * @returns the same namespace, of which only `getByName` may be used
 */
export function withRetries<Target extends Rpc.DurableObjectBranded>(
  namespace: DurableObjectNamespace<Target>,
): DurableObjectNamespace<Target> {
  const getByName = (name: string): object =>
    new Proxy(
      {},
      {
        get: (_, method) => (method === "then" ? undefined : callWithRetry(namespace, name, method)),
      },
    );
  return { getByName } as unknown as DurableObjectNamespace<Target>;
}

function callWithRetry<Target extends Rpc.DurableObjectBranded>(
  namespace: DurableObjectNamespace<Target>,
  name: string,
  method: string | symbol,
): (...args: unknown[]) => Promise<unknown> {
  /** A stub is of no use any more once a call has failed. */
  const call = async (args: unknown[]): Promise<unknown> => {
    const stub = namespace.getByName(name) as unknown as Record<
      string | symbol,
      (...args: unknown[]) => Promise<unknown>
    >;
    return await stub[method]?.(...args);
  };
  return async (...args) => {
    try {
      return await call(args);
    } catch (error) {
      if (!isRetryable(error)) throw error;
      return call(args);
    }
  };
}

function isRetryable(error: unknown): boolean {
  const { retryable, overloaded } = (error ?? {}) as { retryable?: boolean; overloaded?: boolean };
  return retryable === true && overloaded !== true;
}
