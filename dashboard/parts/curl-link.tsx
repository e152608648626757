import { useSession } from "../api/context.ts";

/** Leads to a call in the API's reference, where it is written for curl. @param call its `operationId` */
export function CurlLink({ call }: { readonly call: string }) {
  const { client } = useSession();
  return (
    <a class="quiet-link" href={`${client.origin}/docs#${call}`} target="_blank" rel="noreferrer">
      As curl
    </a>
  );
}
