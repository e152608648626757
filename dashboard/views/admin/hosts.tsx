import { useSession } from "../../api/context.ts";
import { useCall } from "../../api/use-call.ts";
import { formatAge } from "../../format/format-age.ts";
import { Alert } from "../../parts/alert.tsx";
import { Badge } from "../../parts/badge.tsx";
import { Empty, Loading } from "../../parts/empty.tsx";
import { Enrolments } from "./enrolments.tsx";

interface Host {
  readonly id: string;
  readonly origin: string;
  readonly workspaces?: readonly string[];
  readonly enrolled_at: string;
  readonly heard_at?: string;
}

/** After this the edge counts a host as silent. */
const SILENT_AFTER_MS = 60_000;

/** The hosts, when each was heard, and the token for another one. */
export function Hosts() {
  const { client } = useSession();
  const list = useCall("", () => client.call<{ hosts: Host[] }>("GET", "/admin/hosts"));
  return (
    <>
      <section aria-labelledby="hosts-title">
        <h2 id="hosts-title">Hosts</h2>
        {list.error !== undefined && <Alert error={list.error} retry={list.reload} />}
        {list.data === undefined && list.isLoading && <Loading label="Loading hosts" />}
        {list.data?.hosts.length === 0 && (
          <Empty icon="box" title="No host is enrolled">
            <p>Create an enrolment token below, and give it to the connector.</p>
          </Empty>
        )}
        {list.data !== undefined && list.data.hosts.length > 0 && (
          <ul class="rows card">
            {list.data.hosts.map((host) => (
              <Row key={host.id} host={host} />
            ))}
          </ul>
        )}
      </section>
      <Enrolments />
    </>
  );
}

function Row({ host }: { readonly host: Host }) {
  const { id, origin, workspaces, heard_at: heardAt } = host;
  const isHeard = heardAt !== undefined && Date.now() - Date.parse(heardAt) < SILENT_AFTER_MS;
  return (
    <li class="row">
      <div class="row-main">
        <strong class="mono">{id}</strong>
        <p class="row-facts">
          <span class="mono">{origin}</span>
          <span>{heardAt === undefined ? "not heard yet" : `heard ${formatAge(heardAt)}`}</span>
          <span>{workspaces === undefined ? "all workspaces" : workspaces.join(", ")}</span>
        </p>
      </div>
      <Badge tone={isHeard ? "good" : "warm"} text={isHeard ? "heard" : "silent"} />
    </li>
  );
}
