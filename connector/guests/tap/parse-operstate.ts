/** `down` includes a tap without a carrier: the machine at its other end has ended. */
export type TapState = "up" | "down" | "absent";

/** The state of an interface that exists, from its operational state (RFC 2863, section 3.1.14), in any case. */
export function parseOperstate(operstate: string): TapState {
  return operstate.toLowerCase() === "down" ? "down" : "up";
}
