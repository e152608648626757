import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { CostLedger } from "../../../../simulation/platform/cost-ledger.ts";

describe("CostLedger", () => {
  test("puts down to a cause what follows from it, also later", async () => {
    const ledger = new CostLedger();
    ledger.countTime("attach");
    await ledger.run("attach", async () => {
      ledger.countObjectCall();
      await setTimeout(0);
      ledger.countRowsWritten(2, "SANDBOX route");
      ledger.countKvRead();
    });
    expect(ledger.causes.get("attach")).toEqual({ times: 1, objectCalls: 1, kvReads: 1, rowsWritten: 2 });
    expect(ledger.rows.get("SANDBOX route")).toEqual(new Map([["attach", 2]]));
  });

  test("keeps causes apart that run at the same time, and what has none", async () => {
    const ledger = new CostLedger();
    const count = async () => {
      await setTimeout(0);
      ledger.countRowsWritten(1, "HOST guests");
    };
    await Promise.all([ledger.run("attach", count), ledger.run("detach", count), count()]);
    expect(ledger.rows.get("HOST guests")).toEqual(
      new Map([
        ["attach", 1],
        ["detach", 1],
        ["others", 1],
      ]),
    );
  });

  test("forgets all at a restart", () => {
    const ledger = new CostLedger();
    ledger.countTime("visit");
    ledger.countRowsWritten(1, "HOST guests");
    ledger.restart();
    expect([ledger.causes.size, ledger.rows.size]).toEqual([0, 0]);
  });
});
