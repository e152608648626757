import * as fc from "fast-check";

/**
 * `npm test` goes over the same exchanges each time; `npm run fuzz` goes where nobody has been, on a random seed.
 * Of each of the two directions.
 */
const seconds = Number(process.env.FUZZ_SECONDS ?? 30);
const exploring = process.env.FUZZ_SECONDS !== undefined;
const seed = Number(process.env.FUZZ_SEED ?? (exploring ? Math.floor(Math.random() * 2 ** 31) : 1));
const exchanges = exploring ? Number.MAX_SAFE_INTEGER : 10_000;

/** Nothing that comes over loopback takes that long: the exchange hangs. */
const EXCHANGE_TIMEOUT_MS = 5_000;

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
    numRuns: exchanges,
    interruptAfterTimeLimit: seconds * 1000,
    markInterruptAsFailure: false,
    timeout: EXCHANGE_TIMEOUT_MS,
  });
  if (details.failed) throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance });
  console.log(`${name}: ${details.numRuns} exchanges`);
}
