import { expect, test } from "vitest";
import { MAX_OPEN_REQUESTS, SteadyLoad } from "../../../../bench/reload/steady-load.ts";

test("SteadyLoad keeps its number of open requests where none is answered", async () => {
  const answer = Promise.withResolvers<boolean>();
  let sent = 0;
  const load = new SteadyLoad({
    requestsPerSecond: 1_000_000,
    webSockets: 0,
    request() {
      sent++;
      return answer.promise;
    },
    openWebSocket: () => expect.unreachable(),
  });
  await load.start();
  await expect.poll(() => load.failures.length).toBeGreaterThan(0);
  expect(sent).toBe(MAX_OPEN_REQUESTS);
  answer.resolve(true);
  await load.stop();
  expect(load.failures.filter((failure) => !failure.startsWith("not sent"))).toEqual([]);
});
