import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { Command } from "commander";
import { Client } from "../../client.ts";
import { InvalidRequestError } from "../../errors.ts";
import type { Credentials } from "../credentials/credentials-file.ts";
import { credentialsPath, readCredentials, writeCredentials } from "../credentials/credentials-file.ts";
import { keyring } from "../credentials/keyring.ts";
import { normaliseApiUrl } from "../credentials/open-client.ts";
import { INTERRUPTED, runAction } from "../run-action.ts";

const MAX_TOKEN_LENGTH = 4096;

export function createLoginCommand(): Command {
  return new Command("login")
    .description("store an API token, in the system's keyring or a file that only you can read")
    .addHelpText(
      "after",
      `
The token is asked for, or read from standard input:
  pandastack-preview login --api-url https://api.acme.dev < token.txt`,
    )
    .action(
      runAction<object>(async ({ options, output, signal }) => {
        const named = options.apiUrl ?? process.env.PANDASTACK_API_URL;
        const apiUrl = normaliseApiUrl(named || "https://api.pandastack.ai");
        const token = (await readToken(apiUrl)).trim();
        output.progress("Checking the token …");
        await checkToken(new Client({ apiUrl, token }), signal);
        const path = credentialsPath();
        const inKeyring = await keyring.store(apiUrl, token);
        const credentials = await readCredentials(path);
        const apis = { ...credentials.apis, [apiUrl]: inKeyring ? {} : { token } };
        await writeCredentials(path, { current: apiUrl, apis });
        const place = inKeyring ? "the system's keyring" : path;
        output.result(
          { api_url: apiUrl, stored_in: place },
          `The token for ${apiUrl} is stored in ${place}.`,
        );
      }),
    );
}

export function createLogoutCommand(): Command {
  return new Command("logout").description("forget the stored token").action(
    runAction<object>(async ({ options, output }) => {
      const path = credentialsPath();
      const { current, apis } = await readCredentials(path);
      const apiUrl = options.apiUrl === undefined ? current : normaliseApiUrl(options.apiUrl);
      const { [apiUrl ?? ""]: stored, ...others } = apis;
      if (apiUrl === undefined || stored === undefined) {
        output.result({ forgotten: false }, "No token is stored.");
        return;
      }
      if (stored.token === undefined) await keyring.remove(apiUrl);
      const left: Credentials = {
        ...(current !== apiUrl && current !== undefined && { current }),
        apis: others,
      };
      await writeCredentials(path, left);
      output.result({ forgotten: true, api_url: apiUrl }, `The token for ${apiUrl} is forgotten.`);
    }),
  );
}

/** @throws {PandaStackError} where the API does not accept it */
async function checkToken(client: Client, signal: AbortSignal): Promise<void> {
  try {
    await client.request({ method: "GET", path: "/sandboxes", query: { limit: 1 }, signal });
  } catch (error) {
    // A token of an org with several workspaces: the call would have to name one.
    if (!(error instanceof InvalidRequestError)) throw error;
  }
}

async function readToken(apiUrl: string): Promise<string> {
  if (process.stdin.isTTY) return askHidden(`API token for ${apiUrl}: `);
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MAX_TOKEN_LENGTH) throw new TypeError("token must be shorter");
  }
  return text;
}

/** Shows nothing of what is typed. @throws {TypeError} where the input ends before the line does */
function askHidden(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  // After the terminal has stopped to echo.
  process.stderr.write(question);
  return new Promise((resolve, reject) => {
    terminal.once("line", (answer) => {
      resolve(answer);
      terminal.close();
    });
    terminal.once("SIGINT", () => {
      terminal.close();
      process.exit(INTERRUPTED);
    });
    terminal.once("close", () => {
      process.stderr.write("\n");
      reject(new TypeError("token must be typed, or come from standard input"));
    });
  });
}
