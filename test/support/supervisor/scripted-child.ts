/**
 * A child of a supervisor that does what it is told, and nothing else: its messages are real, its work is not there. Files
 * in its directory make it misbehave. It notes its start as a line in `started`.
 *
 * Usage: node scripted-child.ts <directory> run-host|run-worker
 */
import { appendFileSync, existsSync } from "node:fs";
import * as net from "node:net";
import { join } from "node:path";
import type { FromChild, ToChild } from "../../../connector/supervisor/messages.ts";

/** Descriptors 0 to 2 are the usual ones, 3 is the IPC channel. */
const FIRST_DESCRIPTOR = 4;
const ALIVE_INTERVAL_MS = 50;

const [directory = "", role = ""] = process.argv.slice(2);
const server = net.createServer();
const has = (file: string): boolean => existsSync(join(directory, file));
const send = (type: FromChild["type"]): void => void process.send!({ type });

process.on("disconnect", () => process.exit(1));
let isPrepared = false;
process.on("message", (message: ToChild) => {
  if (message.type !== "start" && !isPrepared) return;
  switch (message.type) {
    case "start":
      appendFileSync(join(directory, "started"), `${role} ${message.generation} ${process.pid}\n`);
      if (has(`${role} does not prepare`)) break;
      isPrepared = true;
      send("prepared");
      if (!has("nothing is reported")) setInterval(() => send("alive"), ALIVE_INTERVAL_MS);
      break;
    case "serve":
      if (has(`${role} does not serve`)) process.exit(1);
      if (role === "run-host") send("serving");
      else server.listen({ fd: FIRST_DESCRIPTOR }, () => send("serving"));
      break;
    case "yield":
      send("yielded");
      setImmediate(() => process.exit(0));
      break;
    case "retire":
      server.close();
      if (!has("tunnels stay")) process.exit(0);
      break;
    case "drain":
      server.close();
      if (!has("requests stay")) process.exit(0);
  }
});
