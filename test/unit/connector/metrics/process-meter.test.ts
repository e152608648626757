import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { ProcessMeter } from "../../../../connector/metrics/process-meter.ts";

test("ProcessMeter.read() shows CPU, memory, and for how long the event loop stood still since the last reading", async () => {
  const meter = new ProcessMeter();
  await setTimeout(250);
  const untilMs = performance.now() + 300;
  while (performance.now() < untilMs);
  await setTimeout(150);
  const use = meter.read()[process.pid];
  expect(use?.delayMaxSeconds).toBeGreaterThan(0.15);
  expect(use?.cpuSeconds).toBeGreaterThan(0.05);
  expect(use?.residentBytes).toBeGreaterThan(1e6);
  expect(meter.read()[process.pid]?.delayMaxSeconds).toBe(0);
  meter.stop();
});
