import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import { nameSchema } from "../../../shared/protocol/schemas.ts";
import { takeDownGuest } from "../../hosts/take-down-guest.ts";
import type { HostGuest, HostRecord } from "../../objects/messages.ts";
import { putLauncherHost } from "../../policy/launcher-hosts.ts";
import type { ApiEnvironment } from "../api-environment.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { formatTime } from "../format-time.ts";
import { hostParams } from "../schemas/path-params.ts";
import { timeSchema } from "../schemas/time-schema.ts";

/** Guests taken down at the same time. */
const TAKE_DOWN_CONCURRENCY = 50;

const putCall = defineCall({
  id: "putHost",
  method: "put",
  path: "/v1/admin/hosts/{host}",
  tag: "Admin",
  who: "admin",
  summary: "Enrol or replace a host",
  description: "`connector enroll` makes this call. A repeated call without a change keeps `enrolled_at`.",
  params: hostParams,
  body: z.strictObject({
    origin: z
      .url({ protocol: /^https?$/ })
      .transform((url) => new URL(url).origin)
      .meta({
        description: "Where the edge reaches its connector; a path is ignored.",
        example: "https://host-1.hosts.example.net:8443",
      }),
    public_key: z
      .strictObject({
        kty: z.literal("OKP"),
        crv: z.literal("Ed25519"),
        x: z.base64url().length(43).meta({ example: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }),
      })
      .describe("The key that verifies its calls, as JWK (RFC 8037)."),
    launches: z.boolean().default(false).describe("It can start sandboxes."),
  }),
  response: {
    status: 200,
    description: "The host.",
    schema: z
      .object({ id: nameSchema.describe("The host's id."), origin: z.url(), enrolled_at: timeSchema })
      .meta({ id: "Host" }),
  },
});

const deleteCall = defineCall({
  id: "deleteHost",
  method: "delete",
  path: "/v1/admin/hosts/{host}",
  tag: "Admin",
  who: "admin",
  summary: "Remove a host",
  description: "Removes its routes, too. Its key is refused from then on. A repeated call changes nothing.",
  params: hostParams,
  response: { status: 204, description: "The host does not exist now." },
});

/** Hosts, which the admin enrols. */
export function mountHosts(app: OpenAPIHono<ApiEnvironment>): void {
  mountCall(app, putCall, async (context, { params: { host: id }, body }) => {
    const { HOST, POLICY } = context.env.environment;
    const { origin, public_key: publicKey, launches } = body;
    const host = HOST.getByName(id);
    const known: HostRecord | undefined = await host.read();
    const offered: HostRecord = { id, origin, publicKey, launches, enrolledAtMs: Date.now() };
    const record = known !== undefined && isSame(known, offered) ? known : offered;
    await host.enrol(record);
    await putLauncherHost(POLICY, id, launches);
    return { id, origin, enrolled_at: formatTime(record.enrolledAtMs) };
  });

  mountCall(app, deleteCall, async (context, { params: { host: id } }) => {
    const { environment } = context.env;
    const host = environment.HOST.getByName(id);
    await host.retire();
    for (;;) {
      const guests: HostGuest[] = await host.listGuests(TAKE_DOWN_CONCURRENCY);
      if (guests.length === 0) break;
      await Promise.all(guests.map((guest) => takeDownGuest(environment, id, guest)));
    }
    await host.remove();
    await putLauncherHost(environment.POLICY, id, false);
  });
}

function isSame(known: HostRecord, offered: HostRecord): boolean {
  return (
    known.origin === offered.origin &&
    known.launches === offered.launches &&
    known.publicKey.x === offered.publicKey.x
  );
}
