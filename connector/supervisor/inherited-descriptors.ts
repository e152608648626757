/** Number of the first descriptor that systemd passes (sd_listen_fds(3)). */
const FIRST_DESCRIPTOR = 3;

/** A unit with more sockets than this is a mistake. */
export const MAX_INHERITED = 256;

/**
 * Listening sockets that this process has inherited from systemd, or a program that does the same (sd_listen_fds(3)).
 *
 * @throws {RangeError} where LISTEN_FDS is no number of sockets
 */
export function inheritedDescriptors(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
  first = FIRST_DESCRIPTOR,
): readonly number[] {
  if (env.LISTEN_FDS === undefined || env.LISTEN_PID !== String(pid)) return [];
  const count = Number(env.LISTEN_FDS);
  if (!Number.isInteger(count) || count < 0 || count > MAX_INHERITED)
    throw new RangeError(`LISTEN_FDS must be 0 to ${MAX_INHERITED}, was ${env.LISTEN_FDS}`);
  return Array.from({ length: count }, (_, index) => first + index);
}
