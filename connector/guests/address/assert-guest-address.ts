import ipaddr from "ipaddr.js";
import { isOwnAddress } from "./is-own-address.ts";

/** The address is none that a guest can have. The message says why. */
export class AddressError extends Error {
  override readonly name = "AddressError";
}

/** Which addresses a host accepts for its guests. */
export interface AddressRules {
  /** Also loopback and the host's own addresses: for development, where servers of this machine stand for guests. */
  readonly allowLoopback: boolean;
}

/** Classes of addresses that lead to no single guest, to whatever is at hand, or to services for the host (metadata). */
const REFUSED_RANGES: Readonly<Record<string, string>> = {
  unspecified: "an unspecified address",
  linkLocal: "a link-local address",
  multicast: "a multicast address",
  broadcast: "the broadcast address",
};

/** IPv6 addresses that stand for an IPv4 address, which could be any of the refused ones. */
const EMBEDDING_RANGES: readonly string[] = ["ipv4Mapped", "rfc6145", "rfc6052", "6to4", "teredo"];

/**
 * Checks that an address can be a guest's own: a visitor could else reach services of the host, or its cloud's metadata.
 *
 * @param address a valid IPv4 or IPv6 address, without a zone
 * @throws {AddressError}
 */
export async function assertGuestAddress(address: string, { allowLoopback }: AddressRules): Promise<void> {
  const range: string = ipaddr.parse(address).range();
  const refused = REFUSED_RANGES[range];
  if (refused !== undefined) throw new AddressError(`${address} is ${refused}, and no guest's`);
  if (EMBEDDING_RANGES.includes(range))
    throw new AddressError(`${address} stands for an IPv4 address: name that itself`);
  if (allowLoopback) return;
  if (range === "loopback") throw new AddressError(`${address} is a loopback address, and no guest's`);
  if (await isOwnAddress(address))
    throw new AddressError(`${address} is an address of this host, and no guest's`);
}
