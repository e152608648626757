import { availableParallelism } from "node:os";
import { InvalidArgumentError } from "commander";

/** A repeat count, or seconds. @throws {InvalidArgumentError} */
export function toPositive(text: string): number {
  if (!/^[1-9][0-9]{0,2}$/.test(text)) throw new InvalidArgumentError("must be a whole number from 1 to 999");
  return Number(text);
}

/** A core of this machine. @throws {InvalidArgumentError} */
export function toCore(text: string): number {
  const cores = availableParallelism();
  if (!/^[0-9]{1,3}$/.test(text) || Number(text) >= cores)
    throw new InvalidArgumentError(`must be a core of this machine, which has ${cores}`);
  return Number(text);
}
