import type { ApiClient } from "./api/api-client.ts";
import type { ServerEvent } from "./api/read-events.ts";
import { readEvents } from "./api/read-events.ts";
import { pause } from "./pause.ts";

/** Between the end of a stream and the next one: each costs a permit of the token. */
const RECONNECT_MS = 1_000;

/** The events of a stream of the API; one that ends or breaks is opened again, until the signal aborts. */
export async function* followEvents(
  client: ApiClient,
  path: string,
  query: Record<string, number | undefined>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ServerEvent> {
  for (;;) {
    const { body } = await client.request({ method: "GET", path, query, signal, stream: true });
    try {
      yield* readEvents(body as ReadableStream<Uint8Array>);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Error)) throw error;
    }
    await pause(RECONNECT_MS, signal);
  }
}
