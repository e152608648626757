/** The connector that runs has not gone over to a new generation; it serves on. */
export class ReloadError extends Error {
  override readonly name = "ReloadError";
}
