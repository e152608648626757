/** What a message's `Connection` fields say. */
export interface ConnectionOptions {
  keepAlive: boolean;
  /** Lower-case names of fields that are meant for this hop only. */
  hopByHop: string[] | undefined;
}

/**
 * Takes one `Connection` field (RFC 9110, section 7.6.1) into account; `close` overrules `keep-alive`.
 *
 * @returns true where it names an upgrade, alone or among others (Firefox sends `keep-alive, Upgrade`)
 */
export function readConnection(options: ConnectionOptions, value: string): boolean {
  if (value === "keep-alive") return false;
  let upgrade = false;
  for (const item of value.toLowerCase().split(",")) {
    const option = item.trim();
    if (option === "close") options.keepAlive = false;
    else if (option === "upgrade") upgrade = true;
    else if (option !== "" && option !== "keep-alive") {
      options.hopByHop ??= [];
      options.hopByHop.push(option);
    }
  }
  return upgrade;
}
