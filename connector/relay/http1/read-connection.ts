/** What a message's `Connection` fields say. */
export interface ConnectionOptions {
  keepAlive: boolean;
  /** They name an upgrade, alone or among others (Firefox sends `keep-alive, Upgrade`). */
  namesUpgrade: boolean;
  /** Lower-case names of fields that are meant for this hop only. */
  hopByHop: string[] | undefined;
  /** Options so far, empty and repeated ones included. */
  connectionOptions: number;
}

/**
 * Of one message. Each of its fields is compared with each option, so the number is a factor of what a head costs.
 * Clients and servers send three at most.
 */
export const MAX_CONNECTION_OPTIONS = 32;

/** What nearly every client and many servers send. */
const KEEP_ALIVE = "keep-alive";

/**
 * Takes one `Connection` field (RFC 9110, section 7.6.1) into account; `close` overrules `keep-alive`.
 *
 * @returns false where the message has too many options
 */
export function readConnection(message: ConnectionOptions, value: string): boolean {
  if (value === KEEP_ALIVE) return ++message.connectionOptions <= MAX_CONNECTION_OPTIONS;
  for (let start = 0; start <= value.length; ) {
    if (++message.connectionOptions > MAX_CONNECTION_OPTIONS) return false;
    const comma = value.indexOf(",", start);
    const end = comma === -1 ? value.length : comma;
    readOption(message, value.slice(start, end).trim().toLowerCase());
    start = end + 1;
  }
  return true;
}

function readOption(message: ConnectionOptions, option: string): void {
  switch (option) {
    case "":
    case KEEP_ALIVE:
      break;
    case "close":
      message.keepAlive = false;
      break;
    case "upgrade":
      message.namesUpgrade = true;
      break;
    default:
      message.hopByHop ??= [];
      message.hopByHop.push(option);
  }
}
