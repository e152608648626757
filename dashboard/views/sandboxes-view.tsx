import { useState } from "preact/hooks";
import { useSession } from "../api/context.ts";
import type { Sandbox } from "../api/types.ts";
import { useCall } from "../api/use-call.ts";
import { formatAge } from "../format/format-age.ts";
import { Alert } from "../parts/alert.tsx";
import type { Tone } from "../parts/badge.tsx";
import { Badge } from "../parts/badge.tsx";
import { Empty, Loading } from "../parts/empty.tsx";
import { WorkspaceSelect } from "../parts/workspace-select.tsx";

const PAGE_SIZE = 40;

const TONES: Readonly<Record<string, Tone>> = { running: "good", unreachable: "warm", suspended: "bad" };

/** What runs in a workspace. One call. */
export function SandboxesView() {
  const { client, token } = useSession();
  const [workspace, setWorkspace] = useState(token.workspaces[0] ?? "");
  const [search, setSearch] = useState("");
  const list = useCall(workspace, () =>
    client.call<Sandbox[]>("GET", `/sandboxes?limit=${PAGE_SIZE}&workspace=${encodeURIComponent(workspace)}`),
  );
  const found = (list.data ?? []).filter((sandbox) => matches(sandbox, search.trim().toLowerCase()));
  return (
    <>
      <header class="head">
        <div>
          <h1>Sandboxes</h1>
          <p class="lead">What runs now, and the ports that listen.</p>
        </div>
        <button type="button" class="button" onClick={list.reload} disabled={list.isLoading}>
          {list.isLoading ? "Loading…" : "Refresh"}
        </button>
      </header>
      <div class="bar">
        <input
          class="input"
          type="search"
          placeholder="Search id, host or template"
          aria-label="Search"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <WorkspaceSelect value={workspace} onValue={setWorkspace} />
      </div>
      {list.error !== undefined && <Alert error={list.error} retry={list.reload} />}
      {list.data === undefined && list.isLoading && <Loading label="Loading sandboxes" />}
      {list.data?.length === 0 && (
        <Empty icon="box" title="No sandbox runs here">
          <p>Start one with the API or the command line:</p>
          <pre>npx pandastack-preview create --template vite-react</pre>
        </Empty>
      )}
      {list.data !== undefined && list.data.length > 0 && found.length === 0 && (
        <Empty icon="box" title="Nothing matches">
          <p>No sandbox of this workspace has “{search}” in its id, host or template.</p>
        </Empty>
      )}
      {found.length > 0 && (
        <ul class="rows card">
          {found.map((sandbox) => (
            <Row key={sandbox.id} sandbox={sandbox} />
          ))}
        </ul>
      )}
    </>
  );
}

function Row({ sandbox }: { readonly sandbox: Sandbox }) {
  const { id, status, host, template, created_at: since, ports } = sandbox;
  return (
    <li class="row">
      <div class="row-main">
        <a class="row-title mono" href={`#/sandboxes/${id}`}>
          {id}
        </a>
        <p class="row-facts">
          {template !== undefined && <span>{template}</span>}
          <span>{host}</span>
          <span title={since}>started {formatAge(since)}</span>
        </p>
      </div>
      <div class="row-ports">
        {ports.length === 0 ? (
          <span class="soft">no open port</span>
        ) : (
          ports.slice(0, 6).map((port) => (
            <span key={port} class="chip mono">
              {port}
            </span>
          ))
        )}
        {ports.length > 6 && <span class="soft">and {ports.length - 6} more</span>}
      </div>
      <Badge tone={TONES[status] ?? "quiet"} text={status} />
    </li>
  );
}

function matches({ id, host, template = "" }: Sandbox, search: string): boolean {
  return [id, host, template].some((text) => text.toLowerCase().includes(search));
}
