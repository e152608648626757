import * as z from "zod";
import { nameSchema } from "../../../../shared/protocol/schemas.ts";
import type { KnownHost } from "../../../objects/messages.ts";
import { listListed } from "../../../policy/admin-lists.ts";
import type { ApiApp } from "../../api-app.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import { nextPageField } from "../../next-page-field.ts";
import { encodeKnownHost, knownHostSchema } from "../../schemas/host-schema.ts";

/** Each host costs one object call; Cloudflare's Free plan allows 50 in one invocation. */
const HOSTS_PER_PAGE = 40;

const orgsCall = defineCall({
  id: "listOrgs",
  method: "get",
  path: "/v1/admin/orgs",
  tag: "Admin",
  who: "admin",
  summary: "List the orgs",
  description: "Ordered by id. A change may be missing for up to a minute.",
  response: {
    status: 200,
    description: "All orgs.",
    schema: z
      .object({
        orgs: z.array(
          z.object({
            id: nameSchema.describe("The org's id."),
            name: z.string().meta({ description: "For people.", example: "Acme" }),
          }),
        ),
      })
      .meta({ id: "Orgs" }),
  },
});

const hostsCall = defineCall({
  id: "listHosts",
  method: "get",
  path: "/v1/admin/hosts",
  tag: "Admin",
  who: "admin",
  summary: "List the hosts",
  description: `Ordered by id, at most ${HOSTS_PER_PAGE} on a page; while there are more, the response has \`link: <…>; rel="next"\`. A change may be missing for up to a minute.`,
  query: z.strictObject({
    cursor: nameSchema.optional().describe("From the `next` link of the page before."),
  }),
  response: {
    status: 200,
    description: "One page.",
    schema: z.object({ hosts: z.array(knownHostSchema) }).meta({ id: "Hosts" }),
    headers: { link: 'The next page, `rel="next"` (RFC 8288); absent on the last one.' },
  },
});

/** What the admin can list besides suspensions. */
export function mountAdminLists(app: ApiApp): void {
  mountCall(app, orgsCall, async (context) => ({
    orgs: await listListed(context.env.environment.POLICY, "orgs"),
  }));

  mountCall(app, hostsCall, async (context, { query: { cursor = "" } }) => {
    const { POLICY, HOST } = context.env.environment;
    const listed = (await listListed(POLICY, "hosts")).filter(({ id }) => id > cursor);
    const page = listed.slice(0, HOSTS_PER_PAGE);
    const last = page.at(-1);
    if (listed.length > page.length && last !== undefined)
      context.header("link", nextPageField(context, { cursor: last.id }));
    const hosts: (KnownHost | undefined)[] = await Promise.all(
      page.map(({ id }) => HOST.getByName(id).read()),
    );
    return { hosts: hosts.filter((host) => host !== undefined).map(encodeKnownHost) };
  });
}
