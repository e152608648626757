import * as http from "node:http";

/** The local connector said "no", or there is none. */
export class ControlError extends Error {
  override readonly name = "ControlError";
}

/**
 * One call to the connector on this host.
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
        else reject(new ControlError(value.error ?? `the connector answered ${response.statusCode}`));
      });
    });
    request.on("error", (error) =>
      reject(new ControlError(`no connector answers on ${socketPath}: ${error.message}`)),
    );
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
