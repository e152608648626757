import { useEffect, useState } from "preact/hooks";
import { readEvents } from "../../../sdk/typescript/src/api/read-events.ts";
import { useSession } from "../../api/context.ts";
import type { Exchange } from "../../api/types.ts";

const RECONNECT_MS = 5_000;
/** As many as the host keeps. */
const MAX_KEPT = 200;

/** The exchanges of a sandbox as they end, for as long as the view is open. */
export function useRequestEvents(id: string): readonly Exchange[] {
  const { client } = useSession();
  const [exchanges, setExchanges] = useState<readonly Exchange[]>([]);
  useEffect(() => {
    const abort = new AbortController();
    const follow = async (): Promise<void> => {
      while (!abort.signal.aborted) {
        try {
          const path = `/sandboxes/${id}/requests/events`;
          const { body } = await client.open("GET", path, undefined, abort.signal);
          for await (const { event, data } of readEvents(body as ReadableStream<Uint8Array>)) {
            if (event !== "request") continue;
            const exchange = JSON.parse(data) as Exchange;
            setExchanges((before) => [exchange, ...before].slice(0, MAX_KEPT));
          }
        } catch {
          // The list says why; the stream is opened again.
        }
        await new Promise((next) => setTimeout(next, RECONNECT_MS));
      }
    };
    void follow();
    return () => abort.abort();
  }, [id, client]);
  return exchanges;
}
