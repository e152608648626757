/**
 * Which listening sockets each worker accepts from: each socket has at least one worker, and each worker at least one
 * socket. With a socket for each worker the kernel spreads connections evenly (SO_REUSEPORT); one that several share gives
 * most to the worker that waits.
 */
export function assignDescriptors(descriptors: readonly number[], workers: number): number[][] {
  return Array.from({ length: workers }, (_, worker) =>
    descriptors.length < workers
      ? [descriptors[worker % descriptors.length]!]
      : descriptors.filter((_descriptor, index) => index % workers === worker),
  );
}
