import * as net from "node:net";

/** Why no listener could be opened at an address now: a code of the system, like `EADDRINUSE`; `undefined` if one could. */
export function findPortProblem(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
}
