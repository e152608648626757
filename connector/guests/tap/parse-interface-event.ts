export interface InterfaceEvent {
  /** `namespace-id`: the id was given to a namespace or taken from it. `interface`: an interface there has changed. */
  readonly kind: "namespace-id" | "interface";
  /** The kernel's id of the namespace, as the connector's own namespace sees it. */
  readonly namespaceId: number;
}

const INTERFACE = /^\[nsid (\d+)\](?:Deleted )?\d+: /;
const NAMESPACE_ID = /^\[nsid current\](?:Deleted )?nsid (\d+)\b/;

/**
 * Reads a line of `ip -o monitor link nsid all-nsid`.
 *
 * @returns `undefined` for what happens in the connector's own namespace, and for anything else
 */
export function parseInterfaceEvent(line: string): InterfaceEvent | undefined {
  const interfaceId = INTERFACE.exec(line)?.[1];
  if (interfaceId !== undefined) return { kind: "interface", namespaceId: Number(interfaceId) };
  const namespaceId = NAMESPACE_ID.exec(line)?.[1];
  if (namespaceId !== undefined) return { kind: "namespace-id", namespaceId: Number(namespaceId) };
  return undefined;
}
