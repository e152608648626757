/** @throws {RangeError} naming the argument */
export function checkPort(port: unknown): asserts port is number {
  checkInteger("port", port, 1, 65_535);
}

/** @throws {RangeError} naming the argument */
export function checkInteger(
  name: string,
  value: unknown,
  min: number,
  max: number,
): asserts value is number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be a whole number from ${min} to ${max}, not ${show(value)}`);
  }
}

/** @throws {TypeError} naming the argument */
export function checkText(name: string, value: unknown, form: RegExp, what: string): asserts value is string {
  if (typeof value !== "string" || !form.test(value)) throw new TypeError(`${name} must be ${what}`);
}

/** @throws {TypeError} naming the argument */
export function checkOneOf(name: string, value: unknown, values: readonly string[]): void {
  if (!values.includes(value as string)) throw new TypeError(`${name} must be ${values.join(", ")}`);
}

/** @throws {TypeError} naming the argument */
export function checkSandboxId(id: unknown): asserts id is string {
  checkText("id", id, /^[\w-]{1,63}$/, "a sandbox's id");
}

/** Only numbers are shown: a text in the wrong place may be a token. */
function show(value: unknown): string {
  return typeof value === "number" ? String(value) : typeof value;
}
