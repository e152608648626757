const RTF_UP = 1;
const RTF_GATEWAY = 2;
const ANY = "00000000";

/** The IPv4 gateways of the default routes in `/proc/net/route`. */
export function parseDefaultGateways(table: string): string[] {
  const gateways = table.split("\n").slice(1).map(parseDefaultGateway);
  return gateways.filter((gateway) => gateway !== undefined);
}

function parseDefaultGateway(line: string): string | undefined {
  const [, destination, gateway = "", flags = "0", , , , mask] = line.split("\t");
  if (destination !== ANY || mask !== ANY || !/^[0-9A-F]{8}$/.test(gateway)) return undefined;
  const wanted = RTF_UP | RTF_GATEWAY;
  if ((Number.parseInt(flags, 16) & wanted) !== wanted) return undefined;
  // Printed as one little-endian word, as in the socket tables.
  return Buffer.from(gateway, "hex").reverse().join(".");
}
