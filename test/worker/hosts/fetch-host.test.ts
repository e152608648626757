import { afterEach, describe, expect, test, vi } from "vitest";
import { HEALTH_PATH } from "../../../shared/protocol/host-calls.ts";
import { credentialsFor } from "../../../worker/credentials.ts";
import { callHost } from "../../../worker/hosts/call-host.ts";
import { useHostCertificate } from "../../../worker/hosts/fetch-host.ts";
import { forward } from "../../../worker/preview/forward.ts";
import { environment } from "../deployment.ts";

const ORIGIN = "https://host-1.hosts.example.net:8443";
const FORWARDING = {
  origin: ORIGIN,
  pass: "pass",
  url: new URL("https://3000-x.example.com/path?q=1"),
  clientIp: "203.0.113.7",
  requestId: "1",
  timed: false,
  edgeMs: 0,
};

afterEach(() => {
  useHostCertificate(undefined);
  vi.restoreAllMocks();
});

async function send(): Promise<void> {
  const { passes } = await credentialsFor(environment);
  await forward(new Request(FORWARDING.url), FORWARDING);
  await callHost(passes, { id: "host-1", origin: ORIGIN }, HEALTH_PATH, {});
}

/** The URLs that a `fetch` was called with. */
function createFetch() {
  const urls: string[] = [];
  const fetch = async (request: RequestInfo | URL) => {
    urls.push(request instanceof Request ? request.url : String(request));
    return new Response();
  };
  return { urls, fetch };
}

describe("fetchHost()", () => {
  const sent = [`${ORIGIN}/path?q=1`, ORIGIN + HEALTH_PATH];

  test("sends visitors' requests and the edge's calls with the client certificate that is bound", async () => {
    const [plain, certified] = [createFetch(), createFetch()];
    vi.spyOn(globalThis, "fetch").mockImplementation(plain.fetch);
    useHostCertificate({ fetch: certified.fetch });
    await send();
    expect(certified.urls).toEqual(sent);
    expect(plain.urls).toEqual([]);
  });

  test("sends them without one where none is bound", async () => {
    const plain = createFetch();
    vi.spyOn(globalThis, "fetch").mockImplementation(plain.fetch);
    await send();
    expect(plain.urls).toEqual(sent);
  });
});
