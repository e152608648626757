import { once } from "node:events";
import * as http from "node:http";
import type * as net from "node:net";
import * as tls from "node:tls";
import type { Destination } from "../../../connector/relay/relay.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { createCertificate } from "../create-certificate.ts";
import type { RelayStage } from "../relay/relay-stage.ts";
import { destinationTo } from "../relay/start-relay.ts";

/** Flags with which Chromium finds every hostname here, and accepts the certificate. */
export const PREVIEW_FLAGS = ["--ignore-certificate-errors", "--host-resolver-rules=MAP * 127.0.0.1"];

/** What a hostname without its port leads to: an app, or why it is refused. */
export type Places = Readonly<Record<string, http.RequestListener | Refusal>>;

/** How the hostnames that have an app are reached; a public hostname if nothing is given. */
export type Grants = Readonly<Record<string, Partial<Destination>>>;

/**
 * A relay that speaks TLS, so that browsers take its pages for secure ones.
 *
 * @returns its port
 */
export async function startTlsPreviews(
  stage: RelayStage,
  places: Places,
  grants: Grants = {},
): Promise<number> {
  const ports = new Map<string, number>();
  for (const [host, place] of Object.entries(places)) {
    if (typeof place === "function") ports.set(host, await startApp(stage, place));
  }
  const { relay } = await stage.startRelay(0, {
    findDestination: (head) => {
      const publicHost = head.field("host") ?? "";
      head.publicHost = publicHost;
      const host = publicHost.replace(/:\d+$/, "");
      const place = places[host];
      if (place === undefined) throw new Error(`there is no place for ${host}`);
      if (typeof place !== "function") return place;
      return destinationTo(ports.get(host) ?? 0, { destination: { publicHost, ...grants[host] } });
    },
  });
  const server = tls.createServer(await createCertificate(), (socket) => relay.accept(socket));
  // Chromium resets connections that it does not need any more.
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stage.onClose(() => server.close());
  return (server.address() as net.AddressInfo).port;
}

async function startApp(stage: RelayStage, app: http.RequestListener): Promise<number> {
  const server = http.createServer(app);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stage.onClose(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as net.AddressInfo).port;
}
