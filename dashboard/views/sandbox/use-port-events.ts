import { useEffect, useState } from "preact/hooks";
import { readEvents } from "../../../sdk/typescript/src/api/read-events.ts";
import { useSession } from "../../api/context.ts";

/** Each stream costs a call of the token. */
const RECONNECT_MS = 5_000;

export interface LivePorts {
  readonly isLive: boolean;
  /** By port, whether a server listens: only what the stream has said. */
  readonly ports: ReadonlyMap<number, boolean>;
}

/** Follows a sandbox's ports for as long as the view is open. */
export function usePortEvents(id: string): LivePorts {
  const { client } = useSession();
  const [ports, setPorts] = useState<ReadonlyMap<number, boolean>>(new Map());
  const [isLive, setLive] = useState(false);
  useEffect(() => {
    const abort = new AbortController();
    const follow = async (): Promise<void> => {
      while (!abort.signal.aborted) {
        try {
          const path = `/sandboxes/${id}/ports/events`;
          const { body } = await client.open("GET", path, undefined, abort.signal);
          for await (const { event, data } of readEvents(body as ReadableStream<Uint8Array>)) {
            if (event === "ready") setLive(true);
            if (event !== "port") continue;
            const { port, open } = JSON.parse(data) as { port: number; open: boolean };
            setPorts((before) => new Map(before).set(port, open));
          }
        } catch {
          // The list says why; the stream is opened again.
        }
        setLive(false);
        await new Promise((next) => setTimeout(next, RECONNECT_MS));
      }
    };
    void follow();
    return () => abort.abort();
  }, [id, client]);
  return { isLive, ports };
}
