import { generateKeyPair } from "jose";
import { describe, expect, test } from "vitest";
import { HostTokens, TOKEN_USE_MS } from "../../../../connector/edge/host-tokens.ts";
import { HOST_TOKEN_MAX_LIFETIME_S } from "../../../../shared/protocol/host-token.ts";

const NOW_MS = 1_764_088_200_000;

async function createTokens(): Promise<HostTokens> {
  const { privateKey } = await generateKeyPair("EdDSA");
  return new HostTokens("host-1", privateKey);
}

describe("HostTokens", () => {
  test("gives one token for a third of its life, and another one after that", async () => {
    const tokens = await createTokens();
    const caller = { takesOver: false };
    const first = await tokens.find(caller, NOW_MS);
    expect(await tokens.find(caller, NOW_MS + TOKEN_USE_MS - 1)).toBe(first);
    expect(await tokens.find(caller, NOW_MS + TOKEN_USE_MS)).not.toBe(first);
    expect(TOKEN_USE_MS).toBeLessThan((HOST_TOKEN_MAX_LIFETIME_S * 1000) / 2);
  });

  test.each([
    ["for a caller that takes over", { takesOver: true }, NOW_MS + 1_000, false],
    ["where the clock was set back", { takesOver: false }, NOW_MS - 5_000, false],
    ["after the edge has refused it", { takesOver: false }, NOW_MS + 1_000, true],
  ])("gives another one %s", async (_when, caller, nowMs, isRefused) => {
    const tokens = await createTokens();
    const first = await tokens.find({ takesOver: false }, NOW_MS);
    if (isRefused) tokens.forget();
    expect(await tokens.find(caller, nowMs)).not.toBe(first);
  });
});
