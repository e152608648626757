import { useState } from "preact/hooks";
import { useSession } from "../../api/context.ts";
import type { CallError } from "../../api/problem.ts";
import type { Suspension } from "../../api/types.ts";
import { toCallError, useCall } from "../../api/use-call.ts";
import { formatAge } from "../../format/format-age.ts";
import { Alert } from "../../parts/alert.tsx";
import { Badge } from "../../parts/badge.tsx";
import { ConfirmButton } from "../../parts/confirm-button.tsx";
import { CurlLink } from "../../parts/curl-link.tsx";
import { Empty, Loading } from "../../parts/empty.tsx";
import { SelectField, TextField } from "../../parts/field.tsx";
import { useToast } from "../../parts/toast.tsx";

const KINDS = [
  ["sandboxes", "Sandbox"],
  ["workspaces", "Workspace"],
  ["orgs", "Org"],
] as const;

const REASONS = [
  ["phishing", "Phishing"],
  ["abuse", "Abuse"],
  ["billing", "Billing"],
] as const;

/** Takes what harms visitors off the internet, and brings it back. */
export function Suspensions() {
  const { client } = useSession();
  const show = useToast();
  const list = useCall("", () => client.call<{ suspensions: Suspension[] }>("GET", "/admin/suspensions"));
  const [kind, setKind] = useState<string>("sandboxes");
  const [id, setId] = useState("");
  const [reason, setReason] = useState<string>("abuse");
  const [error, setError] = useState<CallError>();
  const [wrong, setWrong] = useState<string>();

  const pathOf = (each: Pick<Suspension, "kind" | "id">): string =>
    `/admin/suspensions/${each.kind}/${encodeURIComponent(each.id)}`;
  const known = list.data?.suspensions ?? [];
  const resume = async (suspension: Suspension): Promise<void> => {
    try {
      await client.call("DELETE", pathOf(suspension));
      list.set({ suspensions: known.filter((each) => each !== suspension) });
      show(`${suspension.id} has visitors again.`);
    } catch (problem) {
      setError(toCallError(problem));
    }
  };
  const suspend = async (): Promise<void> => {
    const name = id.trim();
    setError(undefined);
    setWrong(name === "" ? "must be an id" : undefined);
    if (name === "") return;
    try {
      const path = pathOf({ kind: kind as Suspension["kind"], id: name });
      const made = await client.call<Suspension>("PUT", path, { reason });
      list.set({
        suspensions: [made, ...known.filter((each) => each.id !== made.id || each.kind !== made.kind)],
      });
      show(`${name} is suspended: its visitors are refused, open connections are cut.`);
      setId("");
    } catch (problem) {
      setError(toCallError(problem));
    }
  };
  return (
    <>
      <section class="card pad" aria-labelledby="suspend-title">
        <h2 id="suspend-title">Suspend</h2>
        {error !== undefined && error.fields.id === undefined && <Alert error={error} />}
        <div class="grid">
          <SelectField label="Kind" value={kind} options={KINDS} onValue={setKind} />
          <TextField label="Id" error={wrong ?? error?.fields.id} value={id} onValue={setId} mono />
          <SelectField
            label="Reason"
            hint="The owner can see it, visitors cannot."
            value={reason}
            options={REASONS}
            onValue={setReason}
          />
        </div>
        <div class="actions">
          <ConfirmButton label="Suspend" question="Refuse all visitors?" onConfirm={suspend} />
          <CurlLink call="suspend" />
        </div>
      </section>
      <section aria-labelledby="suspended-title">
        <h2 id="suspended-title">Suspended now</h2>
        {list.error !== undefined && <Alert error={list.error} retry={list.reload} />}
        {list.data === undefined && list.isLoading && <Loading label="Loading suspensions" />}
        {list.data !== undefined && known.length === 0 && (
          <Empty icon="shield" title="Nothing is suspended">
            <p>A change can take a minute to be listed.</p>
          </Empty>
        )}
        {known.length > 0 && (
          <ul class="rows card">
            {known.map((each) => (
              <li key={`${each.kind}/${each.id}`} class="row">
                <div class="row-main">
                  <strong class="mono">{each.id}</strong>
                  <p class="row-facts">
                    <span>{each.kind}</span>
                    <span>since {formatAge(each.since)}</span>
                  </p>
                </div>
                <Badge tone="bad" text={each.reason} />
                <ConfirmButton
                  label="Resume"
                  question="Admit visitors again?"
                  onConfirm={() => resume(each)}
                />
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}
