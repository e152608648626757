const ADDRESS_MARK = "|-- ";
const LOCAL_MARK = " host LOCAL";

/** Addresses that the kernel delivers to this host itself: those that begin with the same bits. */
export interface LocalRoute {
  readonly address: string;
  readonly bits: number;
}

/**
 * The local routes in `/proc/net/fib_trie`: a line with an address, and below it one for each of its prefixes, such as
 * `/32 host LOCAL`.
 */
export function parseLocalRoutes(text: string): LocalRoute[] {
  const routes: LocalRoute[] = [];
  let address = "";
  for (const line of text.split("\n")) {
    const words = line.trim();
    if (words.startsWith(ADDRESS_MARK)) address = words.slice(ADDRESS_MARK.length);
    else if (words.startsWith("/") && words.endsWith(LOCAL_MARK))
      routes.push({ address, bits: Number(words.slice(1, -LOCAL_MARK.length)) });
  }
  return routes;
}
