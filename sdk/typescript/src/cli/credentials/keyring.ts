import { spawn } from "node:child_process";

const SERVICE = ["service", "pandastack-preview", "account"];
const TIMEOUT_MS = 10_000;

/** The keyring of a Linux desktop, by `secret-tool` of libsecret, which reads the secret from its standard input. */
export const keyring = {
  /** @returns whether the keyring has it now; `false` where there is none */
  async store(apiUrl: string, token: string): Promise<boolean> {
    if (!process.env.DBUS_SESSION_BUS_ADDRESS) return false;
    const label = `PandaStack preview URLs (${apiUrl})`;
    return (await run(["store", "--label", label, ...SERVICE, apiUrl], token)) !== undefined;
  },

  async find(apiUrl: string): Promise<string | undefined> {
    return (await run(["lookup", ...SERVICE, apiUrl]))?.trim() || undefined;
  },

  async remove(apiUrl: string): Promise<void> {
    await run(["clear", ...SERVICE, apiUrl]);
  },
};

/** @returns its output; `undefined` where it is missing or fails */
function run(args: readonly string[], input = ""): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn("secret-tool", args, { stdio: ["pipe", "pipe", "ignore"], timeout: TIMEOUT_MS });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stdin.on("error", () => {});
    child.on("error", () => resolve(undefined));
    child.on("close", (code) => resolve(code === 0 ? output : undefined));
    child.stdin.end(input);
  });
}
