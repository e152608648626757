import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { decodeJwt, generateKeyPair, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { EdgeClient, EdgeError } from "../../../../connector/edge/edge-client.ts";
import type { Guest } from "../../../../connector/guests/guest.ts";
import { USER_AGENT } from "../../../../connector/user-agent.ts";
import { createGuest } from "../../../support/connector/create-guest.ts";

const INSTANCE = "instance-of-this-test";
const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";

async function serve(respond: (request: http.IncomingMessage, response: http.ServerResponse) => void) {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA");
  const server = http.createServer(respond);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new EdgeClient({
    api,
    hostId: "host-1",
    key: privateKey,
    instance: INSTANCE,
    takesOver: true,
  });
  return { client, publicKey, close: () => server.close() };
}

describe("EdgeClient", () => {
  test("signs each call with the host's key, for the edge, and names its instance and itself", async () => {
    const seen: { url: string | undefined; token: string; agent: string | undefined }[] = [];
    const { client, publicKey, close } = await serve(({ url, headers }, response) => {
      const token = (headers.authorization ?? "").replace("Bearer ", "");
      seen.push({ url, token, agent: headers["user-agent"] });
      response.end("{}");
    });
    await client.attach(createGuest(ID));
    close();
    expect(seen[0]).toMatchObject({ url: "/v1/hosts/host-1/attach", agent: USER_AGENT });
    const { payload } = await jwtVerify(seen[0]?.token ?? "", publicKey, { audience: "preview-edge" });
    expect(payload).toMatchObject({ iss: "host-1", instance: INSTANCE, take_over: true });
  });

  test("sends a report again without loopback ports to an edge of a former release, which refuses them", async () => {
    const bodies: string[] = [];
    const { client, close } = await serve(async (request, response) => {
      bodies.push(await text(request));
      const isRefused = bodies.length === 1;
      response.writeHead(isRefused ? 400 : 200).end(JSON.stringify({ code: "request_invalid", detail: "" }));
    });
    await client.reportPorts(createGuest(ID), { open: [3000, 9229], loopback: [9229] });
    await client.reportPorts(createGuest(ID), { open: [3000], loopback: [] });
    close();
    expect(bodies.map((body) => JSON.parse(body))).toMatchObject([
      { ports: [3000, 9229], loopback_ports: [9229] },
      { ports: [3000, 9229] },
      { ports: [3000] },
    ]);
    expect(bodies.slice(1).join()).not.toContain("loopback_ports");
  });

  test("takes over only until a heartbeat has been accepted", async () => {
    const claims: unknown[] = [];
    const { client, close } = await serve(({ headers }, response) => {
      claims.push(decodeJwt((headers.authorization ?? "").replace("Bearer ", "")).take_over);
      response.writeHead(claims.length === 2 ? 503 : 200).end("{}");
    });
    await client.attach(createGuest(ID));
    await expect(client.heartbeat([], 0)).rejects.toThrow();
    await client.heartbeat([], 0);
    await client.heartbeat([], 0);
    close();
    expect(claims).toEqual([true, true, true, undefined]);
  });

  test("takes a refusal that is not the edge's for no response: the edge has not decided about the call", async () => {
    const { client, close } = await serve((_request, response) => response.writeHead(403).end("<html>"));
    await expect(client.attach(createGuest(ID))).rejects.toMatchObject({ status: 0, passing: true });
    close();
  });

  test.each([
    [409, false],
    [404, false],
    [429, true],
    [503, true],
  ])("throws EdgeError for %i, with the edge's own words; passing: %s", async (status, passing) => {
    const { client, close } = await serve((_request, response) => {
      response.writeHead(status).end(JSON.stringify({ code: "conflict", detail: "Because." }));
    });
    const failure = await client.attach(createGuest(ID)).catch((error: unknown) => error);
    close();
    expect(failure).toBeInstanceOf(EdgeError);
    expect(failure).toMatchObject({
      status,
      passing,
      code: "conflict",
      message: `the edge refused attach with ${status}: Because.`,
    });
  });

  test("throws a passing EdgeError where there is no response, or none in JSON", async () => {
    const { client, close } = await serve((_request, response) => response.end("<html>"));
    await expect(client.attach(createGuest(ID))).rejects.toMatchObject({ status: 0, passing: true });
    close();
    const { client: lost, close: closeLost } = await serve((request) => request.socket.destroy());
    await expect(lost.heartbeat([], 0)).rejects.toMatchObject({ status: 0, passing: true });
    closeLost();
  });

  test("takes only strings from a heartbeat's response", async () => {
    const { client, close } = await serve((_request, response) => response.end(`{"missing":["a",1,null]}`));
    expect(await client.heartbeat([], 0)).toEqual(["a"]);
    close();
  });

  describe("heartbeat()", () => {
    const OTHER_ID = "1f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
    const [guest, other] = [createGuest(ID), createGuest(OTHER_ID)];
    type Reply = [status: number, body: object];

    /** Sends a heartbeat for each list, to an edge with these responses. @returns what the edge got, in short */
    async function beat(lists: Guest[][], replies: Reply[]): Promise<string[]> {
      const seen: string[] = [];
      const { client, close } = await serve(async (request, response) => {
        const { guests, since, ended = [], count } = JSON.parse(await text(request));
        const ids = (guests as { sandbox_id: string }[]).map(({ sandbox_id }) => sandbox_id[0]);
        seen.push(
          since === undefined
            ? `all ${ids}`
            : `${since} +${ids} -${ended.map((id: string) => id[0])} =${count}`,
        );
        const [status, body] = replies[seen.length - 1] ?? [500, {}];
        if (status === 0) return void request.socket.destroy();
        response.writeHead(status).end(JSON.stringify(body));
      });
      for (const list of lists) await client.heartbeat(list, 0).catch(() => {});
      close();
      return seen;
    }

    test("sends what has changed since the list that the edge holds", async () => {
      const renewed = createGuest(ID);
      const replies = ["r1", "r2", "r3"].map((revision): Reply => [200, { revision }]);
      expect(await beat([[guest], [guest, other], [renewed]], replies)).toEqual([
        "all 0",
        "r1 +1 - =2",
        "r2 +0 -1 =1",
      ]);
    });

    test("sends all guests at once where the edge does not hold that list", async () => {
      const replies: Reply[] = [
        [200, { revision: "r1" }],
        [200, { resend: true }],
        [200, { revision: "r2" }],
        [200, { revision: "r3" }],
      ];
      expect(await beat([[guest], [guest, other], [other]], replies)).toEqual([
        "all 0",
        "r1 +1 - =2",
        "all 0,1",
        "r2 + -0 =1",
      ]);
    });

    test("after a response that was lost, names the list before it, with all changes since", async () => {
      const replies: Reply[] = [
        [200, { revision: "r1" }],
        // Once more on a new connection.
        [0, {}],
        [0, {}],
        [200, { revision: "r3" }],
      ];
      expect(await beat([[], [guest], [guest, other]], replies)).toEqual([
        "all ",
        "r1 +0 - =1",
        "r1 +0 - =1",
        "r1 +0,1 - =2",
      ]);
    });

    test("sends all guests to an edge of a former release, which gives no revision, or refuses changes", async () => {
      const replies: Reply[] = [
        [200, {}],
        [200, { revision: "r1" }],
        [400, { code: "request_invalid", detail: "" }],
        [200, {}],
        [200, {}],
      ];
      expect(await beat([[guest], [guest], [other], [other]], replies)).toEqual([
        "all 0",
        "all 0",
        "r1 +1 -0 =1",
        "all 1",
        "all 1",
      ]);
    });

    test("sends all guests after a failure of the edge", async () => {
      const replies: Reply[] = [
        [200, { revision: "r1" }],
        [500, { code: "internal", detail: "" }],
        [200, { revision: "r2" }],
      ];
      expect(await beat([[guest], [guest], [guest]], replies)).toEqual(["all 0", "r1 + - =1", "all 0"]);
    });
  });
});
