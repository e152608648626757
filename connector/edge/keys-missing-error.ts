/** A pass cannot be verified now: its key is not known, and the edge does not respond. */
export class KeysMissingError extends Error {
  override readonly name = "KeysMissingError";
}
