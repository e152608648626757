import { useState } from "preact/hooks";
import { useSession } from "../../api/context.ts";
import type { CallError } from "../../api/problem.ts";
import type { Exchange, Port } from "../../api/types.ts";
import { toCallError, useCall } from "../../api/use-call.ts";
import { Alert } from "../../parts/alert.tsx";
import { Badge, toneOf } from "../../parts/badge.tsx";
import { Empty, Loading } from "../../parts/empty.tsx";
import { useToast } from "../../parts/toast.tsx";
import { ExchangePanel } from "./exchange-panel.tsx";
import { useRequestEvents } from "./use-request-events.ts";

const SHOWN = 100;

interface RequestsViewProps {
  readonly id: string;
  readonly ports: readonly Port[];
  readonly onPort: (port: Port) => void;
}

/** The live log of what came in, and one exchange in detail. Two calls, and one for each exchange that is opened. */
export function RequestsView({ id, ports, onPort }: RequestsViewProps) {
  const { client } = useSession();
  const show = useToast();
  const [filter, setFilter] = useState("");
  const [chosen, setChosen] = useState<string>();
  const [error, setError] = useState<CallError>();
  const log = useCall(id, () =>
    client.call<{ requests: Exchange[] }>("GET", `/sandboxes/${id}/requests?limit=${SHOWN}`),
  );
  const live = useRequestEvents(id);
  const all = mergeExchanges(log.data?.requests ?? [], live);
  const found = all.filter((exchange) => matches(exchange, filter.trim().toLowerCase()));
  const captured = ports.filter(({ capture }) => capture);

  const capture = async (port: Port, isOn: boolean): Promise<void> => {
    setError(undefined);
    const path = `/sandboxes/${id}/ports/${port.port}/capture`;
    try {
      const answer = isOn
        ? await client.call<{ bodies: boolean; mask: string[] }>("PUT", path, {
            // An undo records what was recorded before, and no more.
            bodies: port.capture?.bodies ?? true,
          })
        : await client.call<undefined>("DELETE", path);
      onPort({
        ...port,
        capture: answer === undefined ? null : { bodies: answer.bodies, mask: answer.mask },
      });
      show(
        `Port ${port.port} is ${isOn ? "recorded" : "not recorded any more"}.`,
        () => void capture(port, !isOn),
      );
    } catch (reason) {
      setError(toCallError(reason));
    }
  };

  return (
    <section aria-labelledby="requests-title">
      <div class="head">
        <div>
          <h2 id="requests-title">Requests</h2>
          <p class="lead">Kept in the host's memory only: the last 200, until the sandbox ends.</p>
        </div>
      </div>
      {ports.length > 0 && (
        <fieldset class="captures">
          <legend>Record</legend>
          {ports.map((port) => (
            <label key={port.port} class="check">
              <input
                type="checkbox"
                checked={Boolean(port.capture)}
                onChange={(event) => void capture(port, event.currentTarget.checked)}
              />
              <span class="mono">{port.port}</span>
            </label>
          ))}
        </fieldset>
      )}
      {(error ?? log.error) !== undefined && (
        <Alert error={(error ?? log.error) as CallError} retry={log.reload} />
      )}
      {log.data === undefined && log.isLoading && <Loading label="Loading the log" />}
      {all.length > 0 && (
        <div class="bar">
          <input
            class="input"
            type="search"
            aria-label="Filter"
            placeholder="Filter: /hooks, POST, 404, 3000"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </div>
      )}
      {log.data !== undefined && all.length === 0 && (
        <Empty icon="replay" title={captured.length === 0 ? "Nothing is recorded" : "Waiting for requests"}>
          {captured.length === 0 ? (
            <p>Choose a port above. From then on its requests appear here as they come in.</p>
          ) : (
            <p>Open the preview, or point a webhook at it. Each request appears here.</p>
          )}
        </Empty>
      )}
      {found.length > 0 && (
        <div class={chosen === undefined ? "log" : "log split"}>
          <ol class="card log-list" aria-label="Requests, the newest first">
            {found.map((exchange) => (
              <li key={exchange.id}>
                <button
                  type="button"
                  class="log-row"
                  aria-pressed={exchange.id === chosen}
                  onClick={() => setChosen(exchange.id)}
                >
                  <Badge
                    tone={toneOf(exchange.status)}
                    text={exchange.status === 0 ? "…" : String(exchange.status)}
                  />
                  <span class="method mono">{exchange.method}</span>
                  <span class="log-path mono">{exchange.path}</span>
                  {exchange.replay_of !== undefined && <Badge tone="mark" text="replay" />}
                  <span class="soft mono">{exchange.port}</span>
                  <span class="soft mono">{exchange.open ? "open" : `${exchange.duration_ms} ms`}</span>
                </button>
              </li>
            ))}
          </ol>
          {chosen !== undefined && (
            <ExchangePanel key={chosen} sandbox={id} id={chosen} onClose={() => setChosen(undefined)} />
          )}
        </div>
      )}
      {all.length > 0 && found.length === 0 && <p class="soft">No request matches “{filter}”.</p>}
    </section>
  );
}

/** What was listed and what came since, each once in its last state, the newest first. */
export function mergeExchanges(listed: readonly Exchange[], live: readonly Exchange[]): Exchange[] {
  const byId = new Map([...listed, ...live].map((exchange) => [exchange.id, exchange]));
  return [...byId.values()].sort((one, other) => other.at.localeCompare(one.at));
}

function matches({ method, path, status, port }: Exchange, filter: string): boolean {
  return `${method} ${path} ${status} ${port}`.toLowerCase().includes(filter);
}
