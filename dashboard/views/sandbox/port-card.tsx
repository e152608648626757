import { useState } from "preact/hooks";
import { useSession } from "../../api/context.ts";
import type { CallError } from "../../api/problem.ts";
import type { Port } from "../../api/types.ts";
import { toCallError } from "../../api/use-call.ts";
import { previewUrl } from "../../format/preview-url.ts";
import { Alert } from "../../parts/alert.tsx";
import { Badge } from "../../parts/badge.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { CurlLink } from "../../parts/curl-link.tsx";
import { SelectField, TextField } from "../../parts/field.tsx";
import { Icon } from "../../parts/icon.tsx";
import { useToast } from "../../parts/toast.tsx";

const ACCESS = [
  ["public", "Public: anyone with the URL"],
  ["private", "Private: only with a link"],
  ["off", "Off: nobody"],
] as const;

const HOST_POLICY = [
  ["local", "localhost"],
  ["public", "its public hostname"],
] as const;

interface PortCardProps {
  readonly id: string;
  readonly port: Port;
  readonly onChange: (port: Port) => void;
  readonly onShare: (port: number) => void;
}

/** A port: open it, share it, and who may visit it. Each change can be undone. */
export function PortCard({ id, port, onChange, onShare }: PortCardProps) {
  const { client, token } = useSession();
  const show = useToast();
  const [error, setError] = useState<CallError>();
  const [label, setLabel] = useState(port.label);
  const url = previewUrl(client.origin, token.preview_suffix, id, port.port);
  const mayChange = token.role !== "viewer";

  const change = async (settings: Partial<Port>): Promise<void> => {
    setError(undefined);
    try {
      const path = `/sandboxes/${id}/ports/${port.port}`;
      onChange({ ...(await client.call<Port>("PUT", path, settings)), listening: port.listening });
    } catch (reason) {
      setError(toCallError(reason));
    }
  };
  const changeOne = async (name: "access" | "host_policy" | "label", value: string): Promise<void> => {
    const before = port[name];
    if (value === before) return;
    await change({ [name]: value });
    show(`Port ${port.port} was changed.`, () => void change({ [name]: before }));
  };

  return (
    <li class="card port">
      <div class="port-top">
        <span class="port-number mono">{port.port}</span>
        <div class="port-name">
          <strong>{port.label === "" ? "Port" : port.label}</strong>
          <span class="mono url">{url}</span>
        </div>
        <Badge tone={port.listening ? "good" : "quiet"} text={port.listening ? "listening" : "closed"} />
        <Badge
          tone={port.access === "public" ? "mark" : port.access === "private" ? "warm" : "bad"}
          text={port.access}
        />
      </div>
      <div class="actions">
        <a class="button primary small" href={url} target="_blank" rel="noreferrer">
          <Icon name="open" /> Open
        </a>
        <button type="button" class="button small" onClick={() => onShare(port.port)} disabled={!mayChange}>
          <Icon name="link" /> Share
        </button>
        <CopyButton text={url} label="Copy URL" />
      </div>
      {error !== undefined && Object.keys(error.fields).length === 0 && <Alert error={error} />}
      {mayChange && (
        <details>
          <summary>Settings</summary>
          <div class="grid">
            <SelectField
              label="Access"
              value={port.access}
              options={ACCESS}
              error={error?.fields.access}
              onValue={(value) => void changeOne("access", value)}
            />
            <SelectField
              label="The app sees"
              hint="For apps that write absolute URLs."
              value={port.host_policy}
              options={HOST_POLICY}
              error={error?.fields.host_policy}
              onValue={(value) => void changeOne("host_policy", value)}
            />
            <TextField
              label="Label"
              hint="At most 64 characters. Saved when you leave the field."
              value={label}
              error={error?.fields.label}
              onValue={setLabel}
              attributes={{ onBlur: () => void changeOne("label", label) }}
            />
          </div>
          <CurlLink call="putPort" />
        </details>
      )}
    </li>
  );
}
