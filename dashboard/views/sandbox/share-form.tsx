import { useState } from "preact/hooks";
import { useSession } from "../../api/context.ts";
import type { CallError } from "../../api/problem.ts";
import type { PreviewToken } from "../../api/types.ts";
import { toCallError } from "../../api/use-call.ts";
import { formatAge } from "../../format/format-age.ts";
import { parseLifetime } from "../../format/parse-lifetime.ts";
import { splitList } from "../../format/split-list.ts";
import { Alert } from "../../parts/alert.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { CurlLink } from "../../parts/curl-link.tsx";
import { TextField } from "../../parts/field.tsx";
import { QrCode } from "../../parts/qr-code.tsx";

interface ShareFormProps {
  readonly id: string;
  readonly ports: readonly number[];
  readonly chosen: number | undefined;
  readonly onMinted: () => void;
}

/** Mints a link. Only this form shows it: the edge keeps no token. */
export function ShareForm({ id, ports, chosen, onMinted }: ShareFormProps) {
  const { client } = useSession();
  const [port, setPort] = useState(String(chosen ?? ports[0] ?? ""));
  const [lifetime, setLifetime] = useState("1h");
  const [label, setLabel] = useState("");
  const [paths, setPaths] = useState("");
  const [embed, setEmbed] = useState("");
  const [minted, setMinted] = useState<PreviewToken>();
  const [error, setError] = useState<CallError>();
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [isWorking, setWorking] = useState(false);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const ttl = parseLifetime(lifetime);
    const found = {
      ...(/^[1-9]\d{0,4}$/.test(port) ? {} : { port: "must be a port, 1 to 65535" }),
      ...(typeof ttl === "string" ? { ttl_seconds: ttl } : {}),
    };
    setWrong(found);
    setError(undefined);
    if (Object.keys(found).length > 0) return;
    setWorking(true);
    const [pathList, embedList] = [splitList(paths), splitList(embed)];
    const body = {
      port: Number(port),
      ttl_seconds: ttl,
      ...(label !== "" && { label }),
      ...(pathList && { paths: pathList }),
      ...(embedList && { embed: embedList }),
    };
    try {
      setMinted(await client.call<PreviewToken>("POST", `/sandboxes/${id}/preview-token`, body));
      onMinted();
    } catch (reason) {
      setError(toCallError(reason));
    }
    setWorking(false);
  };

  const messages: Readonly<Record<string, string>> = { ...error?.fields, ...wrong };
  return (
    <section class="card pad" aria-labelledby="share-title">
      <h2 id="share-title">Share a port</h2>
      <p class="lead">A signed link opens one port, until it ends or you revoke it.</p>
      {error !== undefined && Object.keys(error.fields).length === 0 && <Alert error={error} />}
      <form onSubmit={submit} noValidate>
        <div class="grid">
          <TextField
            label="Port"
            hint={ports.length === 0 ? "No server listens yet." : `Listening: ${ports.join(", ")}`}
            error={messages.port}
            value={port}
            onValue={setPort}
            mono
            attributes={{ inputMode: "numeric" }}
          />
          <TextField
            label="Lifetime"
            hint="30s, 90m, 12h, 7d at most."
            error={messages.ttl_seconds}
            value={lifetime}
            onValue={setLifetime}
            mono
          />
          <TextField
            label="Label"
            hint="So that you find it in the list."
            error={messages.label}
            value={label}
            onValue={setLabel}
          />
        </div>
        <details>
          <summary>Paths and embedding</summary>
          <div class="grid">
            <TextField
              label="Only these paths"
              hint="One on each line, such as /docs. Empty: all."
              error={messages.paths}
              value={paths}
              onValue={setPaths}
              lines={3}
              mono
            />
            <TextField
              label="Sites that may embed it"
              hint="Origins, such as https://app.example.org"
              error={messages.embed}
              value={embed}
              onValue={setEmbed}
              lines={3}
              mono
            />
          </div>
        </details>
        <div class="actions">
          <button type="submit" class="button primary" disabled={isWorking}>
            {isWorking ? "Creating…" : "Create link"}
          </button>
          <CurlLink call="createPreviewToken" />
        </div>
      </form>
      {minted !== undefined && (
        <div class="minted" role="status">
          <QrCode text={minted.url} />
          <div class="minted-text">
            <strong>The link for port {minted.port}</strong>
            <a class="mono url" href={minted.url} target="_blank" rel="noreferrer">
              {minted.url}
            </a>
            <p class="soft">Ends {formatAge(minted.expires_at)}. It is shown only here: copy it now.</p>
            <div class="actions">
              <CopyButton text={minted.url} label="Copy link" />
            </div>
          </div>
        </div>
      )}
    </section>
  );
}
