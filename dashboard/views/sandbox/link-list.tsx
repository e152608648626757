import { useState } from "preact/hooks";
import { useSession } from "../../api/context.ts";
import type { CallError } from "../../api/problem.ts";
import type { Link } from "../../api/types.ts";
import type { CallState } from "../../api/use-call.ts";
import { toCallError } from "../../api/use-call.ts";
import { formatAge } from "../../format/format-age.ts";
import { Alert } from "../../parts/alert.tsx";
import { ConfirmButton } from "../../parts/confirm-button.tsx";
import { Empty, Loading } from "../../parts/empty.tsx";
import { useToast } from "../../parts/toast.tsx";

/** What is shared now, each link with its end, and an end at once. */
export function LinkList({
  id,
  links,
}: {
  readonly id: string;
  readonly links: CallState<{ links: Link[] }>;
}) {
  const { client } = useSession();
  const show = useToast();
  const [error, setError] = useState<CallError>();
  const revoke = async (link: Link): Promise<void> => {
    try {
      await client.call("DELETE", `/sandboxes/${id}/preview-tokens/${encodeURIComponent(link.id)}`);
      show("The link is revoked: what was open under it is cut.");
      links.set({ links: (links.data?.links ?? []).filter((each) => each.id !== link.id) });
    } catch (reason) {
      setError(toCallError(reason));
    }
  };
  return (
    <section aria-labelledby="links-title">
      <h2 id="links-title">Shared now</h2>
      {(error ?? links.error) !== undefined && (
        <Alert error={(error ?? links.error) as CallError} retry={links.reload} />
      )}
      {links.data === undefined && links.isLoading && <Loading label="Loading links" />}
      {links.data?.links.length === 0 && (
        <Empty icon="link" title="Nothing is shared">
          <p>A link that you create is listed here until it ends.</p>
        </Empty>
      )}
      {links.data !== undefined && links.data.links.length > 0 && (
        <ul class="rows card">
          {links.data.links.map((link) => (
            <li key={link.id} class="row">
              <span class="port-number mono small">{link.port}</span>
              <div class="row-main">
                <strong>{link.label === "" ? `Link ${link.id.slice(0, 8)}` : link.label}</strong>
                <p class="row-facts">
                  <span>ends {formatAge(link.expires_at)}</span>
                  <span>
                    {link.last_used_at === undefined
                      ? "not used yet"
                      : `used ${formatAge(link.last_used_at)}`}
                  </span>
                  <span>
                    by {link.created_by.kind.replace("_", " ")}
                    {link.created_by.id !== undefined && ` ${link.created_by.id.slice(0, 8)}`}
                  </span>
                  {link.paths !== undefined && <span class="mono">{link.paths.join(", ")}</span>}
                  {link.embed !== undefined && <span>embedded by {link.embed.join(", ")}</span>}
                </p>
              </div>
              <ConfirmButton label="Revoke" question="Revoke this link?" onConfirm={() => revoke(link)} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
