import { useState } from "preact/hooks";
import { useSession } from "../../api/context.ts";
import type { CallError } from "../../api/problem.ts";
import type { ApiTokenInfo } from "../../api/types.ts";
import { toCallError, useCall } from "../../api/use-call.ts";
import { formatAge } from "../../format/format-age.ts";
import { Alert } from "../../parts/alert.tsx";
import { Badge } from "../../parts/badge.tsx";
import { ConfirmButton } from "../../parts/confirm-button.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { CurlLink } from "../../parts/curl-link.tsx";
import { Empty, Loading } from "../../parts/empty.tsx";
import { SelectField, TextField } from "../../parts/field.tsx";
import { WorkspaceSelect } from "../../parts/workspace-select.tsx";

const ROLES = [
  ["viewer", "Viewer: reads"],
  ["developer", "Developer: starts, shares"],
  ["owner", "Owner: tokens, keys"],
] as const;

/** The API tokens of a workspace: created, shown once, revoked. */
export function Tokens() {
  const { token } = useSession();
  const [workspace, setWorkspace] = useState(token.workspaces[0] ?? "");
  const [typed, setTyped] = useState("");
  return (
    <>
      {token.kind === "admin" ? (
        <form
          class="bar"
          onSubmit={(event) => {
            event.preventDefault();
            setWorkspace(typed.trim());
          }}
        >
          <input
            class="input mono"
            aria-label="Workspace"
            placeholder="Id of a workspace"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          <button type="submit" class="button">
            Show its tokens
          </button>
        </form>
      ) : (
        token.workspaces.length > 1 && (
          <div class="bar">
            <WorkspaceSelect value={workspace} onValue={setWorkspace} />
          </div>
        )
      )}
      {workspace !== "" && <WorkspaceTokens key={workspace} workspace={workspace} />}
    </>
  );
}

function WorkspaceTokens({ workspace }: { readonly workspace: string }) {
  const { client, token } = useSession();
  const base = `${token.kind === "admin" ? "/admin" : ""}/workspaces/${encodeURIComponent(workspace)}/tokens`;
  const list = useCall(workspace, () => client.call<{ tokens: ApiTokenInfo[] }>("GET", base));
  const [name, setName] = useState("");
  const [role, setRole] = useState<string>("developer");
  const [days, setDays] = useState("");
  const [made, setMade] = useState<{ token: string; name: string }>();
  const [error, setError] = useState<CallError>();
  const [wrong, setWrong] = useState<Record<string, string>>({});

  const create = async (event: Event): Promise<void> => {
    event.preventDefault();
    setError(undefined);
    const found = {
      ...(name.trim() === "" && { name: "must not be empty" }),
      ...(/^(\d{1,4})?$/.test(days.trim()) ? {} : { days: "must be a number of days" }),
    };
    setWrong(found);
    if (Object.keys(found).length > 0) return;
    const end = days.trim() === "" ? undefined : new Date(Date.now() + Number(days) * 86_400_000);
    const body = {
      name: name.trim(),
      role,
      ...(end && { expires_at: end.toISOString().replace(/\.\d+Z$/, "Z") }),
    };
    try {
      setMade(await client.call<{ token: string; name: string }>("POST", base, body));
      setName("");
      list.reload();
    } catch (reason) {
      setError(toCallError(reason));
    }
  };
  const revoke = async (one: ApiTokenInfo): Promise<void> => {
    try {
      await client.call("DELETE", `${base}/${encodeURIComponent(one.id)}`);
      list.set({ tokens: (list.data?.tokens ?? []).filter(({ id }) => id !== one.id) });
    } catch (reason) {
      setError(toCallError(reason));
    }
  };
  const messages: Readonly<Record<string, string>> = { ...error?.fields, ...wrong };
  return (
    <>
      <section class="card pad" aria-labelledby="new-token">
        <h2 id="new-token">New API token</h2>
        {error !== undefined && Object.keys(error.fields).length === 0 && <Alert error={error} />}
        <form onSubmit={create} noValidate>
          <div class="grid">
            <TextField
              label="Name"
              hint="Who or what uses it."
              error={messages.name}
              value={name}
              onValue={setName}
            />
            <SelectField label="Role" value={role} options={ROLES} onValue={setRole} />
            <TextField
              label="Days until it expires"
              hint="Empty: it does not expire."
              error={messages.days ?? messages.expires_at}
              value={days}
              onValue={setDays}
              mono
            />
          </div>
          <div class="actions">
            <button type="submit" class="button primary">
              Create token
            </button>
            <CurlLink call={token.kind === "admin" ? "createApiToken" : "createWorkspaceToken"} />
          </div>
        </form>
        {made !== undefined && (
          <div class="minted" role="status">
            <div class="minted-text">
              <strong>{made.name}</strong>
              <code class="secret mono">{made.token}</code>
              <p class="soft">It is shown only now: the edge keeps its SHA-256.</p>
              <CopyButton text={made.token} label="Copy token" />
            </div>
          </div>
        )}
      </section>
      <section aria-labelledby="tokens-title">
        <h2 id="tokens-title">Tokens of {workspace}</h2>
        {list.error !== undefined && <Alert error={list.error} retry={list.reload} />}
        {list.data === undefined && list.isLoading && <Loading label="Loading tokens" />}
        {list.data?.tokens.length === 0 && <Empty icon="shield" title="No API token yet" />}
        {list.data !== undefined && list.data.tokens.length > 0 && (
          <ul class="rows card">
            {list.data.tokens.map((one) => (
              <li key={one.id} class="row">
                <div class="row-main">
                  <strong>{one.name}</strong>
                  <p class="row-facts">
                    <span class="mono">{one.id.slice(0, 8)}</span>
                    <span>created {formatAge(one.created_at)}</span>
                    <span>
                      {one.expires_at === undefined
                        ? "does not expire"
                        : `expires ${formatAge(one.expires_at)}`}
                    </span>
                  </p>
                </div>
                <Badge tone="mark" text={one.role} />
                <ConfirmButton label="Revoke" question="Revoke this token?" onConfirm={() => revoke(one)} />
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}
