// A tool of the OpenAI Agents SDK: new Agent({ name: "Developer", tools: [sharePort] }).
import { tool } from "@openai/agents";
import { Client, PortClosedError } from "pandastack-preview";
import { z } from "zod";

const client = new Client();

export const sharePort = tool({
  name: "share_port",
  description: "Makes a link to a port of a sandbox, which anyone who has it can open for one hour.",
  parameters: z.object({
    sandboxId: z.string().describe("The sandbox's id."),
    port: z.number().int().min(1).max(65_535).describe("The port on which the server listens."),
  }),
  execute: async ({ sandboxId, port }) => {
    try {
      const { url, expires_at } = await client.sandboxes
        .ref(sandboxId)
        .signedPreviewUrl(port, 3600, { verify: true });
      return { url, expires_at };
    } catch (error) {
      if (!(error instanceof PortClosedError)) throw error;
      return { error: error.message, openPorts: error.openPorts };
    }
  },
});
