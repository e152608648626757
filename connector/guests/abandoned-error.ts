/** A guest was not attached, because a later call has attached the sandbox anew, or has detached it. */
export class AbandonedError extends Error {
  override readonly name = "AbandonedError";

  constructor() {
    super("a later call has attached the sandbox anew, or has detached it");
  }
}
