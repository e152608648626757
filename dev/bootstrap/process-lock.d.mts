/** Who holds a lock. */
export interface LockOwner {
  readonly pid: number;
}

/** The outcome of a try to take a lock. */
export type LockOutcome =
  /** This process has it; `former` is the process that held it and has ended without giving it back. */
  | { readonly taken: true; readonly former: LockOwner | undefined }
  | { readonly taken: false; readonly owner: LockOwner };

/**
 * Takes a lock, unless a running process holds it.
 *
 * @param path of the lock's file, in a directory that exists
 * @throws {Error} of the file system, where the file cannot be written
 */
export function takeLock(path: string): LockOutcome;

/** Gives back a lock of this process. One of another process stays. */
export function releaseLock(path: string): void;
