import type * as sdk from "../../../sdk/typescript/src/index.ts";

/** What each runtime is given; the sandbox serves on `port`, and on no other. */
export interface ScenarioInput {
  readonly options: sdk.ClientOptions;
  readonly id: string;
  readonly port: number;
  readonly closedPort: number;
}

export interface ScenarioOutcome {
  readonly listed: readonly string[];
  readonly previewUrl: string;
  readonly previewUrls: Readonly<Record<number, string>>;
  /** A link that opens. */
  readonly link: string;
  /** A link that has been revoked. */
  readonly revoked: string;
  readonly failures: readonly Failure[];
}

interface Failure {
  readonly name: string;
  readonly code: string | undefined;
  readonly openPorts: readonly number[] | undefined;
}

/** A use of the SDK that needs nothing of a runtime, so that Deno, Bun, a browser and a Worker all run it. */
export async function runScenario(
  { Client }: Pick<typeof sdk, "Client">,
  { options, id, port, closedPort }: ScenarioInput,
): Promise<ScenarioOutcome> {
  const client = new Client(options);
  const listed: string[] = [];
  // One for each call: the next one's cursor is in a field of the response.
  for await (const sandbox of client.sandboxes.list({ limit: 1 })) listed.push(sandbox.id);
  const sandbox = await client.sandboxes.get(id);
  await sandbox.waitForPort(port);
  const link = await sandbox.signedPreviewUrl(port, 60, { verify: true });
  const revoked = await sandbox.signedPreviewUrl(port, 60);
  await sandbox.revokePreviewUrl(revoked.token);
  const stranger = new Client({ ...options, token: "pvw_".padEnd(40, "x") });
  return {
    listed,
    previewUrl: sandbox.previewUrl(port),
    previewUrls: await sandbox.previewUrls(),
    link: link.url,
    revoked: revoked.url,
    failures: [
      await failureOf(() => sandbox.signedPreviewUrl(closedPort, 60, { verify: true })),
      await failureOf(() => sandbox.waitForPort(closedPort, { timeoutMs: 500 })),
      await failureOf(() => client.sandboxes.get(crypto.randomUUID())),
      await failureOf(() => stranger.sandboxes.get(id)),
      await failureOf(async () => sandbox.previewUrl(0)),
    ],
  };
}

async function failureOf(action: () => Promise<unknown>): Promise<Failure> {
  try {
    await action();
  } catch (error) {
    const { name, code, openPorts } = error as Partial<sdk.PortClosedError>;
    return { name: String(name), code, openPorts };
  }
  return { name: "no error", code: undefined, openPorts: undefined };
}
