import { spawn } from "node:child_process";

type Program = readonly [command: string, ...args: string[]];

const COPIERS: Readonly<Record<string, readonly Program[]>> = {
  darwin: [["pbcopy"]],
  win32: [["clip"]],
  linux: [["wl-copy"], ["xclip", "-selection", "clipboard"], ["xsel", "--clipboard", "--input"]],
};

const OPENERS: Readonly<Record<string, Program>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/** A program that reads the clipboard's text ends at once, or goes to the background. */
const COPY_TIMEOUT_MS = 5_000;
/** `xdg-open` can become the browser itself, which runs on. */
const OPEN_TIMEOUT_MS = 2_000;

/** @returns whether one of the system's programs took it */
export async function copyText(text: string): Promise<boolean> {
  for (const program of COPIERS[process.platform] ?? COPIERS.linux ?? []) {
    if ((await run(program, COPY_TIMEOUT_MS, text)) === 0) return true;
  }
  return false;
}

/** Opens a URL in the browser. @returns whether there is a program for that */
export async function openUrl(url: string): Promise<boolean> {
  const program: Program = [...(OPENERS[process.platform] ?? (["xdg-open"] as const)), url];
  const ended = await run(program, OPEN_TIMEOUT_MS);
  return ended === 0 || ended === "runs";
}

/**
 * Without a shell, so that nothing in the text is a command. A program that is not at its end in time runs on.
 *
 * @returns its exit code
 */
function run(
  [command, ...args]: Program,
  timeoutMs: number,
  input = "",
): Promise<number | null | "missing" | "runs"> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["pipe", "ignore", "ignore"], detached: true });
    const timer = setTimeout(() => resolve("runs"), timeoutMs);
    const finish = (ended: number | null | "missing"): void => {
      clearTimeout(timer);
      resolve(ended);
    };
    child.on("error", () => finish("missing"));
    child.stdin?.on("error", () => {});
    child.on("exit", (code) => finish(code));
    child.stdin?.end(input);
    child.unref();
  });
}
