import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import type { Client } from "../client.ts";
import { PortClosedError } from "../errors.ts";

const MAX_WAIT_S = 300;
const MAX_TTL_S = 604_800;
/** So that a workspace with thousands of sandboxes does not fill an agent's context. */
const MAX_LISTED = 100;

const sandbox = z.string().describe("The sandbox's id, a UUID. Find it with list_sandboxes.");
const port = z
  .number()
  .int()
  .min(1)
  .max(65_535)
  .describe("The TCP port on which the server in the sandbox listens.");

type ToolResult = { content: { type: "text"; text: string }[]; isError?: boolean };

/** The tools of one token, for agents. Failures are results that an agent can read, with the ports that are open. */
export function createMcpServer(client: Client, version: string): McpServer {
  const server = new McpServer({ name: "pandastack-preview", version });
  const { sandboxes } = client;

  server.registerTool(
    "list_sandboxes",
    {
      title: "List sandboxes",
      description: `Lists the running sandboxes that you can reach, at most ${MAX_LISTED}, with their open ports. Start here to find a sandbox's id.`,
      inputSchema: {
        workspace: z.string().optional().describe("Only if you were told to name a workspace."),
      },
      annotations: { readOnlyHint: true },
    },
    ({ workspace }) =>
      answer(async () => {
        const found: unknown[] = [];
        for await (const { info } of sandboxes.list(workspace === undefined ? {} : { workspace })) {
          found.push(info);
          if (found.length >= MAX_LISTED) break;
        }
        return found;
      }),
  );

  server.registerTool(
    "list_ports",
    {
      title: "List open ports",
      description:
        "Lists the ports of a sandbox on which a server listens, with their public URLs. Anyone who has such a URL can open it while the sandbox runs; use share_port for a link that ends.",
      inputSchema: { sandbox },
      annotations: { readOnlyHint: true },
    },
    (args) =>
      answer(async () => {
        const urls = await sandboxes.ref(args.sandbox).previewUrls();
        return Object.entries(urls).map(([open, url]) => ({ port: Number(open), url }));
      }),
  );

  server.registerTool(
    "share_port",
    {
      title: "Share a port",
      description:
        "Makes a link to a port of a sandbox, which anyone who has it can open until it expires. Fails with the list of open ports if no server listens on that port: start the server, or call wait_for_port, and try again. Give the URL to the person who asked, and say when it expires.",
      inputSchema: {
        sandbox,
        port,
        ttl_seconds: z
          .number()
          .int()
          .min(1)
          .max(MAX_TTL_S)
          .default(3600)
          .describe("How long it opens; 1 hour."),
        paths: z
          .array(z.string().startsWith("/"))
          .optional()
          .describe("Open only these paths and those below them, such as /docs. Everything if not given."),
      },
    },
    ({ sandbox: id, port: shared, ttl_seconds: ttlSeconds, paths }) =>
      answer(() => {
        const options = { verify: true, ...(paths !== undefined && { paths }) };
        return sandboxes.ref(id).signedPreviewUrl(shared, ttlSeconds, options);
      }),
  );

  server.registerTool(
    "revoke_link",
    {
      title: "Revoke a link",
      description: "Ends a link of share_port before its time. It cannot be made valid again.",
      inputSchema: { sandbox, token: z.string().describe("The `token` that share_port returned.") },
      annotations: { destructiveHint: true, idempotentHint: true },
    },
    ({ sandbox: id, token }) =>
      answer(async () => {
        await sandboxes.ref(id).revokePreviewUrl(token);
        return { revoked: true };
      }),
  );

  server.registerTool(
    "set_port_access",
    {
      title: "Set who reaches a port",
      description:
        "Sets who reaches a port: `public` is anyone who has its URL, `private` is only holders of links of share_port, `off` is nobody.",
      inputSchema: { sandbox, port, access: z.enum(["public", "private", "off"]) },
      annotations: { idempotentHint: true },
    },
    ({ sandbox: id, port: set, access }) =>
      answer(async () => {
        await sandboxes.ref(id).setPortAccess(set, access);
        return { port: set, access };
      }),
  );

  server.registerTool(
    "wait_for_port",
    {
      title: "Wait for a port",
      description:
        "Waits until a server in the sandbox listens on a port. Call it after you have started a server, before share_port. Fails with the list of open ports when the time is over: the server may have failed, or listen on another port.",
      inputSchema: {
        sandbox,
        port,
        timeout_seconds: z
          .number()
          .int()
          .min(1)
          .max(MAX_WAIT_S)
          .default(60)
          .describe("How long to wait; 1 minute."),
      },
      annotations: { readOnlyHint: true },
    },
    ({ sandbox: id, port: wanted, timeout_seconds: seconds }, { signal }) =>
      answer(async () => {
        const found = sandboxes.ref(id);
        await found.waitForPort(wanted, { timeoutMs: seconds * 1000, signal });
        return { port: wanted, open: true, url: found.previewUrl(wanted) };
      }),
  );

  return server;
}

async function answer(act: () => Promise<unknown>): Promise<ToolResult> {
  try {
    return { content: [{ type: "text", text: JSON.stringify(await act()) }] };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const open =
      error instanceof PortClosedError ? ` Open ports: ${error.openPorts.join(", ") || "none"}.` : "";
    return { content: [{ type: "text", text: error.message + open }], isError: true };
  }
}
