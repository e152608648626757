import { useState } from "preact/hooks";
import { useSession } from "../../api/context.ts";
import type { CallError } from "../../api/problem.ts";
import type { ExchangeDetail } from "../../api/types.ts";
import { toCallError, useCall } from "../../api/use-call.ts";
import { Alert } from "../../parts/alert.tsx";
import { Loading } from "../../parts/empty.tsx";
import { Icon } from "../../parts/icon.tsx";
import { MessageView } from "./message-view.tsx";
import { TimingBar } from "./timing-bar.tsx";

interface ExchangePanelProps {
  readonly sandbox: string;
  readonly id: string;
  readonly onClose: () => void;
}

/** One exchange: timing, request, response, and its replay beside it. */
export function ExchangePanel({ sandbox, id, onClose }: ExchangePanelProps) {
  const { client } = useSession();
  const path = `/sandboxes/${sandbox}/requests/${encodeURIComponent(id)}`;
  const detail = useCall(id, () => client.call<ExchangeDetail>("GET", path));
  const [replay, setReplay] = useState<ExchangeDetail>();
  const [error, setError] = useState<CallError>();
  const [working, setWorking] = useState<"replay" | "curl">();
  const [note, setNote] = useState("");

  const run = async (name: "replay" | "curl", action: () => Promise<void>): Promise<void> => {
    setWorking(name);
    setError(undefined);
    await action().catch((reason: unknown) => setError(toCallError(reason)));
    setWorking(undefined);
  };
  const send = () =>
    run("replay", async () => {
      const answer = await client.call<{ replay: ExchangeDetail }>("POST", `${path}/replay`, {});
      setReplay(answer.replay);
    });
  const copyCurl = () =>
    run("curl", async () => {
      const text = await client.call<string>("GET", `${path}/curl`);
      await navigator.clipboard.writeText(text);
      setNote("The command is copied.");
    });

  if (detail.error !== undefined) return <Alert error={detail.error} retry={detail.reload} />;
  if (detail.data === undefined) return <Loading label="Loading the exchange" />;
  const { request, response, timing, replayable, not_replayable: reason } = detail.data;
  return (
    <article class="card pad exchange" aria-label={`${request.method} ${request.path}`}>
      <div class="head">
        <h3 class="mono exchange-title">
          {request.method} {request.path}
        </h3>
        <button type="button" class="button small" onClick={onClose}>
          Close
        </button>
      </div>
      <div class="actions">
        <button
          type="button"
          class="button primary small"
          disabled={!replayable || working !== undefined}
          onClick={send}
          {...(reason !== undefined && { title: reason })}
        >
          <Icon name="replay" /> {working === "replay" ? "Replaying…" : "Replay"}
        </button>
        <button type="button" class="button small" disabled={working !== undefined} onClick={copyCurl}>
          <Icon name="copy" /> Copy as curl
        </button>
        <span class="soft" role="status">
          {note}
        </span>
      </div>
      {!replayable && reason !== undefined && <p class="soft">{reason}</p>}
      {error !== undefined && <Alert error={error} />}
      <TimingBar timing={timing} />
      <div class={replay === undefined ? "messages" : "messages compare"}>
        <section>
          <h4>{replay === undefined ? "Response" : "First response"}</h4>
          <MessageView message={response} />
        </section>
        {replay !== undefined && (
          <section class="replayed">
            <h4>Response to the replay</h4>
            <MessageView message={replay.response} />
          </section>
        )}
      </div>
      <section>
        <h4>Request</h4>
        <MessageView message={request} />
      </section>
    </article>
  );
}
