import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { SetUpError } from "./set-up-error.mjs";

const PARENT_POLL_MS = 250;
const STDIO = ["inherit", "inherit", "inherit"];
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs a program of the repository until it ends, and returns its status.
 *
 * The child shares the terminal, so Ctrl-C reaches it directly; a signal to this process alone is passed on. The child
 * also ends when npm, whose child this process is, has ended without a signal to it.
 *
 * @param node the Node that runs it
 * @param args its file, and its own arguments
 * @param hasChannel gives it a channel, which closes when this process is killed
 */
export function runToEnd(node, args, cwd, hasChannel) {
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH ?? "/usr/bin:/bin"}` };
  const child = spawn(node, args, { cwd, stdio: hasChannel ? [...STDIO, "ipc"] : STDIO, env });
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  if (process.env.npm_lifecycle_event !== undefined) endWithParent(child);
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      const advice = "Remove node_modules, and start again: it may be another system's.";
      reject(new SetUpError(`${node} does not run here (${error.code}). ${advice}`));
    });
    child.once("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}

/** npm and its shell may be killed without a signal to this process. */
function endWithParent(child) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    child.kill("SIGTERM");
  }, PARENT_POLL_MS);
  timer.unref();
}
