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

/** @returns whether one of the system's programs took it */
export async function copyText(text: string): Promise<boolean> {
  for (const program of COPIERS[process.platform] ?? COPIERS.linux ?? []) {
    if (await run(program, text)) return true;
  }
  return false;
}

/** Opens a URL in the browser. @returns whether there is a program for that */
export function openUrl(url: string): Promise<boolean> {
  return run([...(OPENERS[process.platform] ?? ["xdg-open"]), url] as unknown as Program);
}

/** Without a shell, so that nothing in the text is a command. */
function run([command, ...args]: Program, input = ""): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["pipe", "ignore", "ignore"], detached: true });
    child.on("error", () => resolve(false));
    child.stdin?.on("error", () => {});
    child.on("exit", (code) => resolve(code === 0));
    child.stdin?.end(input);
    child.unref();
  });
}
