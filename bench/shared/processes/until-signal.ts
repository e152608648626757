/** The bench was stopped by a signal. */
export class Interruption extends Error {
  override readonly name = "Interruption";
}

/**
 * Rejects when this process gets a signal to stop. Further signals are ignored: npm and the terminal may both send one.
 *
 * @throws {Interruption}
 */
export function untilSignal(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => reject(new Interruption(signal)));
  });
}
