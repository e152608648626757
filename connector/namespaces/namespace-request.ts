/** All that can be asked about network namespaces, as one line of text each. */
export type NamespaceRequest =
  | { readonly verb: "link"; readonly namespace: string; readonly device: string }
  | { readonly verb: "assign-id"; readonly namespace: string }
  | { readonly verb: "ids" }
  | { readonly verb: "monitor" };

/** Of the longest request: two names of 64 and 15 characters. */
export const MAX_REQUEST_BYTES = 128;

/** Names of files in `/run/netns`; none can be taken for an option of `ip`, or for another folder. */
const NAMESPACE = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;

/** The kernel's limit is 15 bytes (IFNAMSIZ); printable, without a slash, and no option of `ip`. */
const DEVICE = /^[!-,.0-~][!-.0-~]{0,14}$/;

/** Reads a line without its end; `undefined` for anything but a request. */
export function parseNamespaceRequest(line: string): NamespaceRequest | undefined {
  const [verb, namespace = "", device = "", ...rest] = line.split(" ", 4);
  if (rest.length > 0) return undefined;
  const request = toRequest(verb ?? "", namespace, device);
  // One way to write each request: no spare words, no spare spaces.
  return request !== undefined && formatNamespaceRequest(request) === line ? request : undefined;
}

function toRequest(verb: string, namespace: string, device: string): NamespaceRequest | undefined {
  if (verb === "ids" || verb === "monitor") return { verb };
  if (!NAMESPACE.test(namespace)) return undefined;
  if (verb === "assign-id") return { verb, namespace };
  if (verb === "link" && DEVICE.test(device)) return { verb, namespace, device };
  return undefined;
}

/** @returns a line without its end */
export function formatNamespaceRequest(request: NamespaceRequest): string {
  switch (request.verb) {
    case "link":
      return `link ${request.namespace} ${request.device}`;
    case "assign-id":
      return `assign-id ${request.namespace}`;
    default:
      return request.verb;
  }
}

/** What `ip` is run with. */
export function ipArguments(request: NamespaceRequest): readonly string[] {
  switch (request.verb) {
    case "link":
      return ["-n", request.namespace, "-j", "link", "show", "dev", request.device];
    case "assign-id":
      return ["netns", "set", request.namespace, "auto"];
    case "ids":
      return ["-j", "netns", "list"];
    case "monitor":
      return ["-o", "monitor", "link", "nsid", "all-nsid"];
  }
}
