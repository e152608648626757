import type { RequestDetail } from "../../../../shared/protocol/request-log.ts";
import { connect, createGeneration, Deployment, FakeHost } from "../../deployment.ts";

/** What the host shows of the one request in its log. */
export const SHOWN: RequestDetail = {
  id: "mhw1a2b3c0001",
  at: "2026-11-25T16:30:00.123Z",
  port: 3000,
  method: "POST",
  path: "/hooks",
  status: 200,
  duration_ms: 1.5,
  timing: { connector_ms: 0.5 },
  request: {
    method: "POST",
    path: "/hooks",
    headers: [["Authorization", "***"]],
    body: { bytes: 2, captured: true, truncated: false, text: "hi" },
  },
  response: null,
  masked: ["authorization"],
  replayable: true,
};

/** A call that the edge made of the host. */
export interface HostCall {
  readonly call: string;
  readonly body: unknown;
}

function respondWell({ call }: HostCall): Response {
  if (call.startsWith("GET")) return new Response("event: ready\ndata: {}\n\n");
  if (call.endsWith("/replays")) return Response.json({ original: SHOWN, replay: SHOWN });
  return Response.json({ request: SHOWN, requests: [SHOWN], more: false });
}

/** A host that keeps one request of each of its guests. */
export class LogHost extends FakeHost {
  readonly logCalls: HostCall[] = [];
  respondToLogCall: (call: HostCall) => Response | Promise<Response> = respondWell;

  override async respond(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    if (!/^\/(guests\/|usage$)/.test(pathname)) return super.respond(request);
    const text = await request.text();
    const call = {
      call: `${request.method} ${pathname}${search}`,
      body: text === "" ? undefined : JSON.parse(text),
    };
    this.logCalls.push(call);
    return this.respondToLogCall(call);
  }
}

export interface LogStage {
  readonly deployment: Deployment;
  readonly host: LogHost;
  /** Of a sandbox at the host. */
  readonly id: string;
  /** Tokens of its workspace. */
  readonly viewer: string;
  readonly developer: string;
  /** Leads the edge to the host again, which remembers no call. */
  renew(): void;
}

export async function createLogStage(rateLimit = { per_second: 1000, burst: 1000 }): Promise<LogStage> {
  const deployment = await Deployment.create(rateLimit);
  const host = new LogHost();
  await host.enrol();
  connect(deployment.host, host);
  const id = crypto.randomUUID();
  await host.attach(deployment.workspace, id, createGeneration(), [3000]);
  const viewer = await deployment.createToken({ role: "viewer" });
  const developer = await deployment.createToken({ role: "developer" });
  const renew = (): void => {
    connect(deployment.host, host);
    host.logCalls.length = 0;
    host.respondToLogCall = respondWell;
  };
  return { deployment, host, id, viewer, developer, renew };
}
