import * as fc from "fast-check";

/** Of each of the two directions. */
const seconds = Number(process.env.FUZZ_SECONDS ?? 30);
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** An exchange that takes longer hangs, on a busy machine too: the relay has no time limit here. */
const EXCHANGE_TIMEOUT_MS = 30_000;

/** A test's time limit around one `fuzz`. */
export const FUZZ_TIMEOUT_MS = seconds * 1000 + 120_000;

/** Runs a property for `FUZZ_SECONDS`, on `FUZZ_SEED` or a random seed that is printed. */
export async function fuzz<T extends [unknown, ...unknown[]]>(
  name: string,
  property: fc.IAsyncPropertyWithHooks<T>,
): Promise<void> {
  console.log(`${name}: FUZZ_SEED=${seed}, ${seconds} s`);
  const details = await fc.check(property, {
    seed,
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: seconds * 1000,
    markInterruptAsFailure: false,
    timeout: EXCHANGE_TIMEOUT_MS,
  });
  if (details.failed) throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance });
  console.log(`${name}: ${details.numRuns} exchanges`);
}
