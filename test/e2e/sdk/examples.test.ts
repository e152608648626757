import type { Model, ModelResponse } from "@openai/agents";
import { Agent, Runner, Usage } from "@openai/agents";
import { generateText, isStepCount } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RunningSystem } from "../../support/running-system.ts";
import { LoopbackLauncher, WEB_PORT } from "../../support/sdk/loopback-launcher.ts";

const CLOSED_PORT = 4000;
const LINK = /http:\/\/[a-z2-7]{63}\.preview[^"]+/;

let launcher: LoopbackLauncher;
let system: RunningSystem;
let sandboxId: string;

beforeAll(async () => {
  launcher = await LoopbackLauncher.start("127.95");
  const { socketPath: launcherSocket } = launcher;
  system = await RunningSystem.start([{ host: "127.95.250.1", port: 9 }], { launcherSocket });
  const created = await system.callApi("POST", "/v1/sandboxes", { template: "web" });
  sandboxId = ((await created.json()) as { id: string }).id;
  // Read by `new Client()` of the examples, which are imported afterwards.
  process.env.PANDASTACK_API_URL = system.description.api;
  process.env.PANDASTACK_API_KEY = system.description.apiToken;
});

afterAll(async () => {
  delete process.env.PANDASTACK_API_URL;
  delete process.env.PANDASTACK_API_KEY;
  await system?.stop();
  await launcher?.[Symbol.asyncDispose]();
});

/** Expects a link that opens the sandbox's server. */
async function expectOpen(text: string): Promise<void> {
  const [url = ""] = LINK.exec(text) ?? [];
  expect(await (await system.visit(`${url}/a`)).text()).toBe(`${WEB_PORT} /a`);
}

describe("examples/ai-sdk-tool.ts", () => {
  /** What the tool answers a model that calls it once. */
  async function call(port: number): Promise<string> {
    const { sharePort } = await import("../../../examples/ai-sdk-tool.ts");
    const usage = {
      inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 1, text: 1, reasoning: 0 },
    };
    const input = JSON.stringify({ sandboxId, port });
    const model = new MockLanguageModelV4({
      doGenerate: [
        {
          content: [{ type: "tool-call", toolCallId: "1", toolName: "sharePort", input }],
          finishReason: { unified: "tool-calls", raw: undefined },
          usage,
          warnings: [],
        },
        {
          content: [{ type: "text", text: "Done." }],
          finishReason: { unified: "stop", raw: undefined },
          usage,
          warnings: [],
        },
      ],
    });
    await generateText({ model, tools: { sharePort }, prompt: "Share the app.", stopWhen: isStepCount(2) });
    return JSON.stringify(model.doGenerateCalls[1]?.prompt.at(-1));
  }

  test("shares a port, and answers with a link that opens", async () => {
    await expectOpen(await call(WEB_PORT));
  });

  test("names the open ports where nothing listens", async () => {
    expect(await call(CLOSED_PORT)).toContain(`"openPorts":[${WEB_PORT}]`);
  });
});

describe("examples/openai-agents-tool.ts", () => {
  /** A model that calls the tool once, and answers with what the tool has answered. */
  class CallingModel implements Model {
    readonly #port: number;

    constructor(port: number) {
      this.#port = port;
    }

    async getResponse({ input }: Parameters<Model["getResponse"]>[0]): Promise<ModelResponse> {
      const last = typeof input === "string" ? undefined : input.at(-1);
      if (last?.type === "function_call_result") return this.#respond(JSON.stringify(last.output));
      const toolCall = { sandboxId, port: this.#port };
      return {
        usage: new Usage(),
        output: [
          {
            type: "function_call",
            callId: "1",
            name: "share_port",
            status: "completed",
            arguments: JSON.stringify(toolCall),
          },
        ],
      };
    }

    getStreamedResponse(): never {
      throw new Error("no run here is streamed");
    }

    #respond(text: string): ModelResponse {
      const content = [{ type: "output_text" as const, text }];
      return {
        usage: new Usage(),
        output: [{ type: "message", role: "assistant", status: "completed", content }],
      };
    }
  }

  async function call(port: number): Promise<string> {
    const { sharePort } = await import("../../../examples/openai-agents-tool.ts");
    const agent = new Agent({ name: "Developer", model: new CallingModel(port), tools: [sharePort] });
    const { finalOutput } = await new Runner({ tracingDisabled: true }).run(agent, "Share the app.");
    return (finalOutput ?? "").replaceAll("\\", "");
  }

  test("shares a port, and answers with a link that opens", async () => {
    await expectOpen(await call(WEB_PORT));
  });

  test("names the open ports where nothing listens", async () => {
    expect(await call(CLOSED_PORT)).toContain(`"openPorts":[${WEB_PORT}]`);
  });
});
