import { dialPath, dialResponseSchema } from "../../../../shared/protocol/host-calls.ts";
import type { Refusal, RefusalCode } from "../../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../../shared/refusal/refusal.ts";
import { readHostJson } from "../../../hosts/read-host-json.ts";
import type { ApiContext } from "../../api-environment.ts";
import { describeSandbox } from "../../authorise/describe-sandbox.ts";
import { callSandboxHost } from "./call-sandbox-host.ts";

/** What a host may respond about a port. */
export const PORT_REFUSALS = ["port_closed", "port_limit", "port_reserved", "guest_unreachable"] as const;

/**
 * Has a sandbox's host connect to a port.
 *
 * @returns `undefined` where a server listens, else why a visitor would not reach it
 */
export async function checkPort(context: ApiContext, id: string, port: number): Promise<Refusal | undefined> {
  const sandbox = await describeSandbox(context, id);
  if (isRefusal(sandbox)) return sandbox;
  const call = { method: "POST", body: JSON.stringify({ port }) };
  const response = await callSandboxHost(context, sandbox, dialPath(id), call);
  if (isRefusal(response)) return response;
  const dialled = dialResponseSchema.safeParse(await readHostJson(response));
  if (!dialled.success) return refuse("host_unreachable");
  const { refusal, open_ports: openPorts } = dialled.data;
  if (refusal === undefined) return undefined;
  return isPortRefusal(refusal) ? refuse(refusal, { openPorts }) : refuse("host_unreachable");
}

function isPortRefusal(code: string): code is RefusalCode & (typeof PORT_REFUSALS)[number] {
  return (PORT_REFUSALS as readonly string[]).includes(code);
}
