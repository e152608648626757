import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { buildAgent } from "../../../agent/build/build-agent.ts";
import { Lab } from "../../../lab/lab.ts";
import { RunningSystem } from "../../support/running-system.ts";
import { DOMAIN } from "../domain.ts";
import { launchBrowser } from "../visit/launch-browser.ts";
import { TlsFront } from "./tls-front.ts";

/** Edge, connector in a lab's host, the agent's bundle and a browser: what all servers of a run share. */
export class MatrixSystem {
  readonly lab: Lab;
  readonly system: RunningSystem;
  readonly browser: Browser;
  readonly agentBundle: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    lab: Lab,
    system: RunningSystem,
    browser: Browser,
    agentBundle: string,
    stack: AsyncDisposableStack,
  ) {
    this.lab = lab;
    this.system = system;
    this.browser = browser;
    this.agentBundle = agentBundle;
    this.#stack = stack;
  }

  static async start(options: { defaultLimits?: boolean } = {}): Promise<MatrixSystem> {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "matrix-"));
    stack.defer(() => rm(folder, { recursive: true }));
    const agentBundle = join(folder, "agent.cjs");
    await buildAgent(agentBundle);
    const lab = stack.use(await Lab.create());
    const system = await RunningSystem.start([], { ...options, lab, tlsDomain: DOMAIN });
    stack.defer(() => system.stop());
    const front = stack.use(await TlsFront.listen(Number(new URL(system.description.api).port)));
    const browser = await launchBrowser({ domain: DOMAIN, port: front.port, keyHash: front.keyHash });
    stack.defer(() => browser.close());
    return new MatrixSystem(lab, system, browser, agentBundle, stack.move());
  }

  /** Base URL of the edge, past TLS. */
  get edge(): string {
    return `http://127.0.0.1:${new URL(this.system.description.api).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
