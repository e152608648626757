import type { ApiClient } from "./api/api-client.ts";
import { readEvents } from "./api/read-events.ts";
import { pause } from "./pause.ts";

export interface PortChange {
  readonly port: number;
  readonly open: boolean;
}

/** Between the end of a stream and the next one: each costs a permit of the token. */
const RECONNECT_MS = 1_000;

/**
 * The changes of a sandbox's ports, the ones that are open first. A stream that ends is opened again, and a port that has
 * not changed meanwhile is not repeated.
 *
 * @param dial a port to connect to until it is open, for a sandbox without an agent
 */
export async function* watchPorts(
  client: ApiClient,
  id: string,
  { signal, dial }: { signal?: AbortSignal | undefined; dial?: number | undefined } = {},
): AsyncGenerator<PortChange> {
  let known = new Set<number>();
  for (;;) {
    const path = `/sandboxes/${id}/ports/events`;
    const { body } = await client.request({ method: "GET", path, query: { dial }, signal, stream: true });
    let snapshot: Set<number> | undefined = new Set();
    try {
      for await (const { event, data } of readEvents(body as ReadableStream<Uint8Array>)) {
        if (event === "port") {
          const { port, open } = JSON.parse(data) as PortChange;
          if (open) snapshot?.add(port);
          if (known.has(port) === open) continue;
          known[open ? "add" : "delete"](port);
          yield { port, open };
        } else if (event === "ready" && snapshot !== undefined) {
          const gone = [...known].filter((port) => !snapshot?.has(port));
          known = snapshot;
          snapshot = undefined;
          for (const port of gone) yield { port, open: false };
        }
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Error)) throw error;
    }
    await pause(RECONNECT_MS, signal);
  }
}
