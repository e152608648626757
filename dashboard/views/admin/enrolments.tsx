import { useState } from "preact/hooks";
import { useSession } from "../../api/context.ts";
import type { CallError } from "../../api/problem.ts";
import { toCallError } from "../../api/use-call.ts";
import { formatAge } from "../../format/format-age.ts";
import { splitList } from "../../format/split-list.ts";
import { Alert } from "../../parts/alert.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { CurlLink } from "../../parts/curl-link.tsx";
import { TextField } from "../../parts/field.tsx";

/** Makes the one-time token with which a host registers its key. */
export function Enrolments() {
  const { client } = useSession();
  const [host, setHost] = useState("");
  const [workspaces, setWorkspaces] = useState("");
  const [made, setMade] = useState<{ token: string; host: string; expires_at: string }>();
  const [error, setError] = useState<CallError>();
  const [wrong, setWrong] = useState<string>();
  const create = async (event: Event): Promise<void> => {
    event.preventDefault();
    setError(undefined);
    setWrong(host.trim() === "" ? "must be a host's id" : undefined);
    if (host.trim() === "") return;
    const names = splitList(workspaces);
    try {
      setMade(
        await client.call("POST", "/admin/enrolments", {
          host: host.trim(),
          ...(names && { workspaces: names }),
        }),
      );
    } catch (reason) {
      setError(toCallError(reason));
    }
  };
  return (
    <section class="card pad" aria-labelledby="enrol-title">
      <h2 id="enrol-title">Enrol a host</h2>
      <p class="lead">Its connector registers its key with a one-time token.</p>
      {error !== undefined && Object.keys(error.fields).length === 0 && <Alert error={error} />}
      <form onSubmit={create} noValidate>
        <div class="grid">
          <TextField label="Host" error={wrong ?? error?.fields.host} value={host} onValue={setHost} mono />
          <TextField
            label="Only for these workspaces"
            hint="Commas between them. Empty: all."
            error={error?.fields.workspaces}
            value={workspaces}
            onValue={setWorkspaces}
            mono
          />
        </div>
        <div class="actions">
          <button type="submit" class="button primary">
            Create enrolment token
          </button>
          <CurlLink call="createEnrolment" />
        </div>
      </form>
      {made !== undefined && (
        <div class="minted" role="status">
          <div class="minted-text">
            <strong>For {made.host}</strong>
            <code class="secret mono">{made.token}</code>
            <p class="soft">Expires {formatAge(made.expires_at)}. It is shown only now.</p>
            <CopyButton text={made.token} label="Copy token" />
          </div>
        </div>
      )}
    </section>
  );
}
