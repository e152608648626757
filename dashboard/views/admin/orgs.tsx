import { useState } from "preact/hooks";
import { useSession } from "../../api/context.ts";
import type { CallError } from "../../api/problem.ts";
import { toCallError, useCall } from "../../api/use-call.ts";
import { Alert } from "../../parts/alert.tsx";
import { CurlLink } from "../../parts/curl-link.tsx";
import { Empty, Loading } from "../../parts/empty.tsx";
import { TextField } from "../../parts/field.tsx";
import { useToast } from "../../parts/toast.tsx";

interface Org {
  readonly id: string;
  readonly name: string;
}

/** The orgs of the deployment, each with its limit a click away. */
export function Orgs() {
  const { client } = useSession();
  const show = useToast();
  const list = useCall("", () => client.call<{ orgs: Org[] }>("GET", "/admin/orgs"));
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  const [error, setError] = useState<CallError>();
  const [wrong, setWrong] = useState<string>();
  const orgs = list.data?.orgs ?? [];
  const create = async (event: Event): Promise<void> => {
    event.preventDefault();
    setError(undefined);
    setWrong(id.trim() === "" ? "must be an id" : undefined);
    if (id.trim() === "") return;
    try {
      const path = `/admin/orgs/${encodeURIComponent(id.trim())}`;
      const org = await client.call<Org>("PUT", path, { name: name.trim() });
      list.set({ orgs: [org, ...orgs.filter((each) => each.id !== org.id)] });
      show(`The org ${org.id} is saved.`);
    } catch (reason) {
      setError(toCallError(reason));
    }
  };
  const messages = error?.fields ?? {};
  return (
    <>
      <section class="card pad" aria-labelledby="new-org">
        <h2 id="new-org">Create or rename an org</h2>
        {error !== undefined && messages.org === undefined && messages.name === undefined && (
          <Alert error={error} />
        )}
        <form onSubmit={create} noValidate>
          <div class="grid">
            <TextField label="Org" error={wrong ?? messages.org} value={id} onValue={setId} mono />
            <TextField label="Name" hint="For people." error={messages.name} value={name} onValue={setName} />
          </div>
          <div class="actions">
            <button type="submit" class="button primary">
              Save the org
            </button>
            <CurlLink call="putOrg" />
          </div>
        </form>
      </section>
      <section aria-labelledby="orgs-title">
        <h2 id="orgs-title">Orgs</h2>
        {list.error !== undefined && <Alert error={list.error} retry={list.reload} />}
        {list.data === undefined && list.isLoading && <Loading label="Loading orgs" />}
        {list.data !== undefined && orgs.length === 0 && <Empty icon="shield" title="No org yet" />}
        {orgs.length > 0 && (
          <ul class="rows card">
            {orgs.map((org) => (
              <li key={org.id} class="row">
                <div class="row-main">
                  <strong>{org.name === "" ? org.id : org.name}</strong>
                  <p class="row-facts mono">{org.id}</p>
                </div>
                <a href={`#/limits/${encodeURIComponent(org.id)}`}>Limit of {org.id}</a>
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}
