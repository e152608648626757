const PREFIX_GROUPS = 4;
const GROUPS = 8;

/**
 * Names the network that a client can be held to: an IPv4 address, or the /64 of an IPv6 address, which is the least
 * that anybody gets and of which one machine uses as many addresses as it likes.
 *
 * @param clientIp as Cloudflare writes it in `cf-connecting-ip`; what is no address names itself
 */
export function clientKey(clientIp: string): string {
  if (!clientIp.includes(":")) return clientIp;
  const groups = parseGroups(clientIp);
  if (groups === undefined) return clientIp;
  return findMappedAddress(groups) ?? `${formatGroups(groups.slice(0, PREFIX_GROUPS))}::/64`;
}

/** The IPv4 address in an IPv6 one (RFC 4291, section 2.5.5.2). */
function findMappedAddress(groups: readonly number[]): string | undefined {
  if (formatGroups(groups.slice(0, 6)) !== "0:0:0:0:0:ffff") return undefined;
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join(".");
}

function formatGroups(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(":");
}

/** The eight groups of an IPv6 address in any of its text forms (RFC 4291, section 2.2). */
function parseGroups(text: string): number[] | undefined {
  const [address = ""] = text.split("%");
  const halves = withoutDots(address).split("::");
  const [head = [], tail] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = GROUPS - head.length - (tail?.length ?? 0);
  if (halves.length > 2 || (tail === undefined ? missing !== 0 : missing < 1)) return undefined;
  const written = [...head, ...Array<string>(missing).fill("0"), ...(tail ?? [])];
  if (!written.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return written.map((group) => Number.parseInt(group, 16));
}

/** Rewrites an IPv4 address at the end as two groups. */
function withoutDots(address: string): string {
  return address.replace(/:(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/, (dotted, ...digits) => {
    const [a = 0, b = 0, c = 0, d = 0] = digits.slice(0, 4).map(Number);
    if (Math.max(a, b, c, d) > 255) return dotted;
    return `:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
}
