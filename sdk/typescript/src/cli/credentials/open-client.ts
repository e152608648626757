import { Client } from "../../client.ts";
import { ConfigurationError } from "../../errors.ts";
import { credentialsPath, readCredentials } from "./credentials-file.ts";
import { keyring } from "./keyring.ts";

export interface ConnectionOptions {
  readonly apiUrl?: string;
  readonly previewHost?: string;
}

/** Of a URL that a person typed. @throws {TypeError} */
export function normaliseApiUrl(apiUrl: string): string {
  return new Client({ apiUrl }).apiUrl;
}

/**
 * The client of a command. The API is the option's, else `PANDASTACK_API_URL`, else the one of the last `login`. The token
 * is `PANDASTACK_API_KEY`, else the stored one of exactly this API: it is never sent to another.
 *
 * @throws {ConfigurationError} where there is no token
 */
export async function openClient({ apiUrl: named, previewHost }: ConnectionOptions): Promise<Client> {
  const { PANDASTACK_API_URL, PANDASTACK_API_KEY } = process.env;
  const credentials = await readCredentials(credentialsPath());
  const apiUrl = normaliseApiUrl(
    named ??
      (PANDASTACK_API_URL || (PANDASTACK_API_KEY ? undefined : credentials.current)) ??
      new Client().apiUrl,
  );
  const stored = credentials.apis[apiUrl];
  const token =
    PANDASTACK_API_KEY || stored?.token || (stored === undefined ? undefined : await keyring.find(apiUrl));
  if (token === undefined) {
    throw new ConfigurationError(
      `No API token for ${apiUrl}. Run \`pandastack-preview login\`, or set PANDASTACK_API_KEY.`,
      { code: "token_missing" },
    );
  }
  return new Client({ apiUrl, token, previewHost });
}
