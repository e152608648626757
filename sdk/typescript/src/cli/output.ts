/** Where a command writes: results to standard output, all else to standard error. */
export class Output {
  readonly json: boolean;
  readonly #stdout: NodeJS.WriteStream;
  readonly #stderr: NodeJS.WriteStream;
  readonly #environment: NodeJS.ProcessEnv;
  #hasProgress = false;

  constructor(
    json: boolean,
    stdout: NodeJS.WriteStream = process.stdout,
    stderr: NodeJS.WriteStream = process.stderr,
    environment: NodeJS.ProcessEnv = process.env,
  ) {
    this.json = json;
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#environment = environment;
  }

  /** A result: JSON with `--json`, else the text. */
  result(value: unknown, text: string): void {
    this.#clearProgress();
    this.#stdout.write(`${this.json ? JSON.stringify(value) : text}\n`);
  }

  /** For people; not with `--json`. */
  note(text: string): void {
    this.#clearProgress();
    if (!this.json) this.#stderr.write(`${text}\n`);
  }

  /** One line that the next output replaces; on a terminal only. */
  progress(text: string): void {
    if (this.json || !this.#stderr.isTTY) return;
    this.#clearProgress();
    this.#stderr.write(this.dim(text, this.#stderr));
    this.#hasProgress = true;
  }

  error(text: string): void {
    this.#clearProgress();
    this.#stderr.write(`${this.#paint("31", "error:", this.#stderr)} ${text}\n`);
  }

  bold(text: string): string {
    return this.#paint("1", text, this.#stdout);
  }

  dim(text: string, stream = this.#stdout): string {
    return this.#paint("2", text, stream);
  }

  /** Colours on a terminal only, and never where NO_COLOR is set (no-color.org). */
  #paint(code: string, text: string, stream: NodeJS.WriteStream): string {
    const { NO_COLOR, TERM } = this.#environment;
    return stream.isTTY && !NO_COLOR && TERM !== "dumb" ? `\x1b[${code}m${text}\x1b[0m` : text;
  }

  #clearProgress(): void {
    if (this.#hasProgress) this.#stderr.write("\r\x1b[K");
    this.#hasProgress = false;
  }
}
