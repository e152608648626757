export interface InterfaceEvent {
  /** `id`: the id was given to a namespace or taken from it. `link`: an interface there has changed. */
  readonly about: "id" | "link";
  /** The kernel's id of the namespace, as the connector's own namespace sees it. */
  readonly namespaceId: number;
}

const LINK = /^\[nsid (\d+)\](?:Deleted )?\d+: /;
const ID = /^\[nsid current\](?:Deleted )?nsid (\d+)\b/;

/**
 * Reads a line of `ip -o monitor link nsid all-nsid`.
 *
 * @returns `undefined` for what happens in the connector's own namespace, and for anything else
 */
export function parseInterfaceEvent(line: string): InterfaceEvent | undefined {
  const link = LINK.exec(line);
  if (link !== null) return { about: "link", namespaceId: Number(link[1]) };
  const id = ID.exec(line);
  return id === null ? undefined : { about: "id", namespaceId: Number(id[1]) };
}
