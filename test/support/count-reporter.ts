import type { Reporter, TestModule } from "vitest/node";

/** Ends a run with one plain line, which CI systems read: `tests: 12 passed, 0 failed, 1 skipped`. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state] += 1;
      if (module.errors().length > 0) counts.failed += 1;
    }
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
    console.log(`tests: ${counts.passed} passed, ${counts.failed + counts.pending} failed${skipped}`);
  }
}
