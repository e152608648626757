/**
 * Who may write to the memory of some bytes once the call that passes them has returned:
 *
 * - `own`: only the receiver, which may keep it
 * - `shared`: every socket that is read next, so the receiver copies what it keeps
 * - `lent`: the socket that was read, unless the receiver calls `retainBuffer` before it returns
 */
export type Memory = "own" | "shared" | "lent";
