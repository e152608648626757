/** Something outside the system prevents the start: the message states what, and what helps. */
export class StartError extends Error {
  override readonly name = "StartError";
}
