/** What the connector keeps on disk cannot be read or written. The message names the path and the reason. */
export class StateError extends Error {
  override readonly name = "StateError";
  /** The disk, or the share of it that the connector may use, is full. */
  readonly isFull: boolean;

  private constructor(message: string, isFull: boolean, options: ErrorOptions) {
    super(message, options);
    this.isFull = isFull;
  }

  static cannotRead(path: string, cause: unknown): StateError {
    return new StateError(`cannot read ${path}: ${describe(cause)}`, false, { cause });
  }

  static cannotWrite(path: string, cause: unknown): StateError {
    const { code } = cause as NodeJS.ErrnoException;
    const isFull = code === "ENOSPC" || code === "EDQUOT";
    const reason = isFull ? `no space is left on its disk (${code})` : describe(cause);
    return new StateError(`cannot write ${path}: ${reason}`, isFull, { cause });
  }
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
