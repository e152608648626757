import { useState } from "preact/hooks";
import { useSession } from "../../api/context.ts";
import type { AuditEntry } from "../../api/types.ts";
import { useCall } from "../../api/use-call.ts";
import { formatAge } from "../../format/format-age.ts";
import { Alert } from "../../parts/alert.tsx";
import { Badge } from "../../parts/badge.tsx";
import { Empty, Loading } from "../../parts/empty.tsx";

/** The last changes of a workspace. */
export function AuditTrail() {
  const { token } = useSession();
  const [workspace, setWorkspace] = useState(token.workspaces[0] ?? "");
  const [typed, setTyped] = useState(workspace);
  const choose = (event: Event): void => {
    event.preventDefault();
    setWorkspace(typed.trim());
  };
  return (
    <section aria-label="Audit trail">
      <form class="bar" onSubmit={choose}>
        <input
          class="input mono"
          aria-label="Workspace"
          placeholder="Id of a workspace"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <button type="submit" class="button">
          Show
        </button>
      </form>
      {workspace !== "" && <Entries key={workspace} workspace={workspace} />}
    </section>
  );
}

function Entries({ workspace }: { readonly workspace: string }) {
  const { client } = useSession();
  const path = `/workspaces/${encodeURIComponent(workspace)}/audit?limit=100`;
  const list = useCall(workspace, () => client.call<{ entries: AuditEntry[] }>("GET", path));
  if (list.error !== undefined) return <Alert error={list.error} retry={list.reload} />;
  if (list.data === undefined) return <Loading label="Loading changes" />;
  if (list.data.entries.length === 0) return <Empty icon="shield" title="No change yet" />;
  return (
    <ul class="rows card">
      {list.data.entries.map((entry, index) => (
        <li key={index} class="row">
          <div class="row-main">
            <strong>{entry.what}</strong>
            <p class="row-facts">
              <span title={entry.at}>{formatAge(entry.at)}</span>
              <span>
                {entry.who.kind.replace("_", " ")}
                {entry.who.id !== undefined && ` ${entry.who.id.slice(0, 8)}`}
              </span>
              {entry.from !== undefined && <span class="mono">{entry.from}</span>}
              <span class="mono">{entry.on}</span>
            </p>
          </div>
          <Badge tone={entry.result === "ok" ? "good" : "bad"} text={entry.result} />
        </li>
      ))}
    </ul>
  );
}
