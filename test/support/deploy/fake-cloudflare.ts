import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";

type Json = Record<string, unknown>;

const SETTINGS_OF_A_NEW_ZONE: Readonly<Record<string, unknown>> = {
  always_use_https: "off",
  websockets: "on",
  email_obfuscation: "on",
  browser_check: "on",
  rocket_loader: "off",
  speed_brain: "on",
  automatic_https_rewrites: "on",
  replace_insecure_js: "on",
  fonts: "off",
  mirage: "off",
  polish: "off",
  hotlink_protection: "off",
  security_header: { strict_transport_security: { enabled: false, max_age: 0, include_subdomains: false } },
};

/** The state of one zone, as Cloudflare would keep it. */
export class FakeZone {
  readonly settings: Record<string, unknown> = structuredClone(SETTINGS_OF_A_NEW_ZONE);
  bots: Json = {
    fight_mode: true,
    enable_js: true,
    ai_bots_protection: "block",
    crawler_protection: "disabled",
  };
  records: Json[] = [];
  rules: Json[] | undefined;
  certificates: Json[] = [];
  webAnalytics = true;
  /** Settings that the plan does not let be changed. */
  readonly fixed = new Set<string>();
  /** Response to changes of bot settings, where the plan does not have them. */
  botsRefusal: { status: number; message: string } | undefined;

  readonly id: string;
  readonly name: string;

  constructor(id: string, name: string) {
    this.id = id;
    this.name = name;
  }
}

export const FAKE_TOKEN = "fake-cloudflare-token";

/** Cloudflare's API as far as a zone needs it: keeps what is set, and refuses every path that it does not know. */
export class FakeCloudflare {
  readonly zones: readonly FakeZone[];
  readonly changes: string[] = [];
  readonly unknown: string[] = [];
  readonly #server = http.createServer((request, response) => void this.#serve(request, response));

  constructor(zones: readonly FakeZone[]) {
    this.zones = zones;
  }

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? "/", "http://fake");
    const { method = "GET" } = request;
    const send = (status: number, result: unknown, message = ""): void => {
      const errors = status < 400 ? [] : [{ code: 1000 + status, message }];
      const pages = Array.isArray(result)
        ? { page: 1, per_page: 50, count: result.length, total_pages: 1 }
        : undefined;
      response
        .writeHead(status, { "content-type": "application/json" })
        .end(JSON.stringify({ success: status < 400, errors, messages: [], result, result_info: pages }));
    };
    if (request.headers.authorization !== `Bearer ${FAKE_TOKEN}`)
      return send(403, null, "Authentication error");
    if (method !== "GET") this.changes.push(`${method} ${url.pathname}`);
    const isAfterFirst = Number(url.searchParams.get("page") ?? "1") > 1;
    const answered = this.#answer(
      method,
      url,
      text === "" ? {} : (JSON.parse(text) as Json),
      send,
      isAfterFirst,
    );
    if (answered) return;
    this.unknown.push(`${method} ${url.pathname}`);
    send(404, null, "No route for that URI");
  }

  #answer(
    method: string,
    url: URL,
    body: Json,
    send: (status: number, result: unknown, message?: string) => void,
    isAfterFirst: boolean,
  ): boolean {
    const [, kind, id, what, rest, last] = url.pathname.split("/");
    if (method === "GET" && kind === "zones" && id === undefined) {
      const named = this.zones.filter(({ name }) => name === url.searchParams.get("name"));
      const plan = { name: "Free Website" };
      send(
        200,
        isAfterFirst
          ? []
          : named.map((zone) => ({ id: zone.id, name: zone.name, account: { id: "account" }, plan })),
      );
      return true;
    }
    if (kind === "accounts" && id === "account" && what === "rum")
      return this.#answerRum(method, url, body, send, isAfterFirst);
    const zone = this.zones.find((one) => one.id === id);
    if (kind !== "zones" || zone === undefined) return false;
    if (what === "settings" && rest !== undefined && rest in zone.settings)
      return answerSetting(zone, method, rest, body, send);
    if (what === "bot_management") return answerBots(zone, method, body, send);
    if (what === "dns_records") return answerRecords(zone, method, rest, url, body, send, isAfterFirst);
    if (what === "ssl" && rest === "certificate_packs" && method === "GET") {
      send(200, isAfterFirst ? [] : zone.certificates);
      return true;
    }
    if (what === "rulesets" && rest === "phases" && last === "http_request_firewall_custom")
      return answerRules(zone, method, body, send);
    return false;
  }

  #answerRum(
    method: string,
    url: URL,
    body: Json,
    send: (status: number, result: unknown) => void,
    isAfterFirst: boolean,
  ): boolean {
    const describe = (zone: FakeZone): Json => ({
      site_tag: `site-${zone.id}`,
      auto_install: zone.webAnalytics,
      ruleset: { zone_tag: zone.id },
    });
    if (method === "GET" && url.pathname.endsWith("/site_info/list")) {
      send(200, isAfterFirst ? [] : this.zones.map(describe));
      return true;
    }
    const zone = this.zones.find(({ id }) => url.pathname.endsWith(`/site_info/site-${id}`));
    if (method !== "PUT" || zone === undefined) return false;
    zone.webAnalytics = body.auto_install === true;
    send(200, describe(zone));
    return true;
  }
}

type Send = (status: number, result: unknown, message?: string) => void;

function answerSetting(zone: FakeZone, method: string, id: string, body: Json, send: Send): boolean {
  if (method === "PATCH") {
    if (zone.fixed.has(id)) send(403, null, "Not allowed to edit this setting");
    else zone.settings[id] = body.value;
  }
  if (method !== "PATCH" || !zone.fixed.has(id))
    send(200, { id, value: zone.settings[id], editable: !zone.fixed.has(id) });
  return method === "GET" || method === "PATCH";
}

function answerBots(zone: FakeZone, method: string, body: Json, send: Send): boolean {
  if (method === "PUT" && zone.botsRefusal !== undefined) {
    send(zone.botsRefusal.status, null, zone.botsRefusal.message);
    return true;
  }
  if (method === "PUT") zone.bots = { ...zone.bots, ...body };
  send(200, zone.bots);
  return method === "GET" || method === "PUT";
}

function answerRecords(
  zone: FakeZone,
  method: string,
  id: string | undefined,
  url: URL,
  body: Json,
  send: Send,
  isAfterFirst: boolean,
): boolean {
  if (method === "GET" && id === undefined) {
    const name = url.searchParams.get("name[exact]") ?? url.searchParams.get("name.exact");
    send(200, isAfterFirst ? [] : zone.records.filter((record) => record.name === name));
    return true;
  }
  if (method === "POST" && id === undefined) {
    const record = { ...body, id: `record-${zone.records.length}` };
    zone.records.push(record);
    send(200, record);
    return true;
  }
  const known = zone.records.find((record) => record.id === id);
  if (method !== "PATCH" || known === undefined) return false;
  Object.assign(known, body);
  send(200, known);
  return true;
}

/** A zone has no ruleset of the phase until the first rule is made. */
function answerRules(zone: FakeZone, method: string, body: Json, send: Send): boolean {
  if (method === "PUT") zone.rules = body.rules as Json[];
  if (zone.rules === undefined) send(404, null, "could not find entrypoint ruleset");
  else send(200, { id: "ruleset", phase: "http_request_firewall_custom", rules: zone.rules });
  return method === "GET" || method === "PUT";
}
