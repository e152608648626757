import * as http from "node:http";

/** A program on this host said "no", or does not answer. */
export class ControlError extends Error {
  override readonly name = "ControlError";
  /** HTTP status; 0 where nobody answered. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/**
 * One call to a program that serves JSON on a Unix socket of this host.
 *
 * @throws {ControlError} with a sentence for whoever typed the command
 */
export function callControl(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath, method, path }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => {
        const value = JSON.parse(text) as { error?: string };
        if ((response.statusCode ?? 500) < 400) resolve(value);
        else
          reject(
            new ControlError(value.error ?? `it answered ${response.statusCode}`, response.statusCode ?? 0),
          );
      });
    });
    request.on("error", (error) =>
      reject(new ControlError(`nobody answers on ${socketPath}: ${error.message}`, 0)),
    );
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
