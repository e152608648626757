import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import type { Gate } from "../../../lab/network/gate.ts";

/** GETs from inside the lab's host, on a connection of its own. */
export async function labGet(gate: Gate, address: string, port: number, path = "/"): Promise<string> {
  const socket = await gate.connect(address, port);
  const sent = request({ path, createConnection: () => socket, headers: { host: `localhost:${port}` } });
  const [response] = (await once(sent.end(), "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return text;
}
