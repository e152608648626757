import type { Logger } from "pino";
import pino from "pino";
import { Host } from "../host.ts";
import { RelayHub } from "../workers/relay-hub.ts";
import { RelayWorker } from "../workers/relay-worker.ts";
import { workerSocketOf } from "./generation.ts";
import type { FromChild, Start, ToChild } from "./messages.ts";
import { ALIVE_INTERVAL_MS, HOST_DESCRIPTORS } from "./messages.ts";

/** What a child does with the supervisor's later messages. */
type Obey = (message: Exclude<ToChild, Start>) => Promise<void> | void;

/** A former generation's workers join within milliseconds; a revocation must not wait for one that never does. */
const JOIN_TIMEOUT_MS = 2_000;

/** A launch under way takes up to 90 s: its caller repeats it. */
const CLOSE_TIMEOUT_MS = 12_000;

/** The host process of a generation. */
export function runHost(): void {
  runChild(async (start, log) => {
    const { config, takesOver, descriptors } = start;
    const host = await Host.create({ config, log, takesOver });
    const hub = new RelayHub({
      guests: host.guests,
      requestLogs: host.requestLogs,
      usage: host.usage,
      log,
    });
    const [control, hostCalls, workers] = HOST_DESCRIPTORS.map((_, index) => ({ fd: descriptors[index]! }));
    return async (message) => {
      if (message.type === "serve") {
        await host.load();
        await hub.listen(workers!);
        await hub.untilJoined(message.expectedWorkers, JOIN_TIMEOUT_MS);
        await host.start(hub, { control: control!, hostCalls: hostCalls! });
        log.info({ guests: host.guests.list().length }, "serving");
        send({ type: "serving" });
      } else if (message.type === "yield") {
        const timer = setTimeout(end, CLOSE_TIMEOUT_MS);
        await host.closeServers();
        clearTimeout(timer);
        end();
      }
      function end(): void {
        host.stop();
        hub.close();
        send({ type: "yielded" });
        // The message leaves the process before it ends.
        setImmediate(() => process.exit(0));
      }
    };
  });
}

/** A relay worker of a generation. */
export function runWorker(): void {
  runChild(async ({ config, generation, worker, workers, descriptors }, log) => {
    const relayWorker = await RelayWorker.create({
      config,
      workerSocket: workerSocketOf(config),
      generation,
      worker,
      workers,
      listenDescriptors: descriptors,
      log,
      onAbandoned: () => void relayWorker.drain(true).then(() => process.exit(1)),
    });
    return async (message) => {
      switch (message.type) {
        case "serve":
          await relayWorker.start();
          send({ type: "serving" });
          break;
        case "ticketKeys":
          relayWorker.setTicketKeys(Buffer.from(message.keys, "base64"));
          break;
        case "retire":
          await relayWorker.retire();
          process.exit(0);
          break;
        case "drain":
          await relayWorker.drain(message.isQueued);
          process.exit(0);
      }
    };
  });
}

/** Waits to be started, reports that it is alive, and ends with its supervisor, however that ends. */
function runChild(prepare: (start: Start, log: Logger) => Promise<Obey>): void {
  let obey: Obey | undefined;
  process.on("disconnect", () => process.exit(1));
  // They are for the supervisor, which says what is to be done; a terminal sends them to all.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
  process.on("message", (message: ToChild) => {
    const done = message.type === "start" ? start(message) : obey?.(message);
    void Promise.resolve(done).catch(fail);
  });

  async function start(message: Start): Promise<void> {
    const { generation, worker, logLevel } = message;
    obey = await prepare(message, pino({ level: logLevel, base: { pid: process.pid, generation, worker } }));
    send({ type: "prepared" });
    setInterval(() => send({ type: "alive" }), ALIVE_INTERVAL_MS).unref();
  }
}

function send(message: FromChild): void {
  if (process.connected) process.send?.(message, undefined, {}, () => {});
}

/** The stack is for a bug; an operator's mistake is a sentence. */
function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  send({ type: "failed", message });
  if (error instanceof Error && !EXPECTED.has(error.name)) console.error(error);
  setImmediate(() => process.exit(1));
}

const EXPECTED = new Set(["StateError", "ConfigError", "CredentialsError"]);
