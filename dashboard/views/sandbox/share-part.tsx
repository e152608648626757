import { useSession } from "../../api/context.ts";
import type { Link } from "../../api/types.ts";
import { useCall } from "../../api/use-call.ts";
import { LinkList } from "./link-list.tsx";
import { ShareForm } from "./share-form.tsx";

interface SharePartProps {
  readonly id: string;
  readonly ports: readonly number[];
  readonly chosen: number | undefined;
}

/** A form for a link, and the links that hold. One call. */
export function SharePart({ id, ports, chosen }: SharePartProps) {
  const { client } = useSession();
  const links = useCall(id, () => client.call<{ links: Link[] }>("GET", `/sandboxes/${id}/preview-tokens`));
  return (
    <>
      <ShareForm id={id} ports={ports} chosen={chosen} onMinted={links.reload} />
      <LinkList id={id} links={links} />
    </>
  );
}
