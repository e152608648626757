import { useState } from "preact/hooks";
import { useSession } from "../api/context.ts";
import type { OrgUsage, RateLimit } from "../api/types.ts";
import { useCall } from "../api/use-call.ts";
import { Alert } from "../parts/alert.tsx";
import { Chart } from "../parts/chart.tsx";
import { Empty, Loading } from "../parts/empty.tsx";
import { TextField } from "../parts/field.tsx";
import { LimitForm } from "./limit-form.tsx";

/** An org's limit, its ceiling, and how near it is. Two calls. */
export function LimitsView({ org: named }: { readonly org: string | undefined }) {
  const { token } = useSession();
  const org = token.org ?? named;
  return (
    <>
      <header class="head">
        <div>
          <h1>Limits</h1>
          <p class="lead">For each preview hostname of the org, and for each of its API tokens.</p>
        </div>
      </header>
      {org === undefined ? <ChooseOrg /> : <OrgLimits key={org} org={org} />}
    </>
  );
}

function ChooseOrg() {
  const [org, setOrg] = useState("");
  const open = (event: Event): void => {
    event.preventDefault();
    if (org.trim() !== "") location.hash = `#/limits/${encodeURIComponent(org.trim())}`;
  };
  return (
    <form class="card pad narrow" onSubmit={open}>
      <TextField label="Org" hint="The id of an org." value={org} onValue={setOrg} mono />
      <button type="submit" class="button primary">
        Show its limit
      </button>
    </form>
  );
}

function OrgLimits({ org }: { readonly org: string }) {
  const { client, token } = useSession();
  const name = encodeURIComponent(org);
  const limit = useCall(org, () => client.call<RateLimit>("GET", `/orgs/${name}/rate-limit`));
  const maySeeUsage = token.kind !== "workspace";
  const usage = useCall(org, async () =>
    maySeeUsage ? client.call<OrgUsage>("GET", `/orgs/${name}/usage?limit=10`) : undefined,
  );
  if (limit.error !== undefined) return <Alert error={limit.error} retry={limit.reload} />;
  if (limit.data === undefined) return <Loading label="Loading the limit" />;
  const { per_second: rate, burst, page_requests: pages, max_rate_limit: ceiling } = limit.data;
  return (
    <>
      <dl class="stats">
        <Stat name="Requests a second" value={rate} />
        <Stat name="At once" value={burst} />
        <Stat name="Of a page, beside that" value={pages} />
        <Stat
          name="Ceiling"
          value={ceiling === undefined ? "default" : `${ceiling.per_second}/s, ${ceiling.burst}`}
        />
      </dl>
      <section class="card pad" aria-labelledby="usage-title">
        <div class="head">
          <h2 id="usage-title">The last hour</h2>
          <button type="button" class="button small" onClick={usage.reload} disabled={usage.isLoading}>
            {usage.isLoading ? "Loading…" : "Refresh"}
          </button>
        </div>
        {usage.error !== undefined && usage.error.status !== 404 && (
          <Alert error={usage.error} retry={usage.reload} />
        )}
        {usage.error?.status === 404 && <p class="soft">This API does not count requests.</p>}
        {!maySeeUsage && <p class="soft">The usage of the org is shown to tokens of the org.</p>}
        {usage.data !== undefined && <Usage usage={usage.data} />}
      </section>
      {token.kind !== "workspace" && <LimitForm limit={limit.data} onChange={limit.set} />}
    </>
  );
}

function Stat({ name, value }: { readonly name: string; readonly value: number | string }) {
  return (
    <div class="card stat">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Usage({ usage }: { readonly usage: OrgUsage }) {
  const { admitted, refused, series, sandboxes, complete } = usage;
  if (admitted + refused === 0) {
    return (
      <Empty icon="gauge" title="No request in the last hour">
        <p>Open a preview: what is admitted and what is refused shows here.</p>
      </Empty>
    );
  }
  return (
    <>
      <p class="big">
        {admitted} <span class="soft">admitted</span> {refused} <span class="soft">refused with 429</span>
      </p>
      <Chart
        admitted={series.admitted}
        refused={series.refused}
        title={`${admitted} requests admitted and ${refused} refused in the last hour`}
      />
      {!complete && <p class="soft">Some sandboxes did not respond: the numbers are not complete.</p>}
      <ul class="rows">
        {sandboxes.map(({ id, workspace, admitted: yes, refused: no }) => (
          <li key={id} class="row">
            <div class="row-main">
              <a class="mono" href={`#/sandboxes/${id}`}>
                {id}
              </a>
              <p class="row-facts">
                <span>{workspace}</span>
              </p>
            </div>
            <span class="soft">
              {yes} admitted, {no} refused
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
