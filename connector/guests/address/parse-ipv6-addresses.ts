const HEX_DIGITS = 32;
const GROUP_DIGITS = 4;

/** The addresses in `/proc/net/if_inet6`: a line begins with an address in 32 hexadecimal digits. */
export function parseIpv6Addresses(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.length > HEX_DIGITS)
    .map((line) => toGroups(line.slice(0, HEX_DIGITS)).join(":"));
}

function toGroups(digits: string): string[] {
  return Array.from({ length: digits.length / GROUP_DIGITS }, (_, index) =>
    digits.slice(index * GROUP_DIGITS, (index + 1) * GROUP_DIGITS),
  );
}
