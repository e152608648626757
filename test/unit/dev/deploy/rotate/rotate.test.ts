import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findSettingsError } from "../../../../../dev/deploy/check/check-config.ts";
import type { Rotation } from "../../../../../dev/deploy/rotate/rotate.ts";
import {
  finishLinkSecret,
  rotateAdminToken,
  rotateLinkSecret,
  rotatePassKey,
} from "../../../../../dev/deploy/rotate/rotate.ts";
import { hashAdminToken, REQUIRED_SECRETS, SecretFiles } from "../../../../../dev/deploy/settings/secrets.ts";
import { FakeAccount } from "../../../../support/deploy/fake-account.ts";

let folder: string;
let files: SecretFiles;
let account: FakeAccount;
let rotation: Rotation;
let before: Record<string, string>;
const states: Record<string, string>[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "preview-rotate-"));
  files = new SecretFiles(join(folder, "secrets"));
  before = (await files.ensure(REQUIRED_SECRETS)) as Record<string, string>;
  account = await FakeAccount.create(folder, { secrets: before, worker: { vars: {}, routes: [] } });
  states.length = 0;
  rotation = {
    files,
    wrangler: account.wrangler,
    configPath: "wrangler.toml",
    pause: async () => states.push((await account.read()).secrets),
    say: () => {},
  };
});
afterEach(async () => {
  const { secrets, calls } = await account.read();
  for (const state of [...states, secrets])
    expect(await findSettingsError({ PREVIEW_DOMAIN: "previews.dev", ...state })).toBeUndefined();
  expect(secrets).toEqual(await files.read());
  for (const secret of Object.values(secrets)) expect(JSON.stringify(calls)).not.toContain(secret);
  await rm(folder, { recursive: true });
});

describe("rotateLinkSecret()", () => {
  test("puts the new secret into the other slot, and keeps the former one beside it until the end", async () => {
    await rotateLinkSecret(rotation, false);
    const { secrets } = await account.read();
    expect(secrets.LINK_SECRET).toMatch(/^1:/);
    expect(secrets.LINK_SECRET_PREVIOUS).toBe(before.LINK_SECRET);
    await finishLinkSecret(rotation);
    expect((await account.read()).secrets).not.toHaveProperty("LINK_SECRET_PREVIOUS");
  });

  test("keeps nothing of a secret that has leaked, also where a rotation was under way", async () => {
    await rotateLinkSecret(rotation, false);
    const { LINK_SECRET: leaked } = (await account.read()).secrets;
    await rotateLinkSecret(rotation, true);
    const { secrets } = await account.read();
    expect(Object.values(secrets)).not.toContain(leaked);
    expect(Object.values(secrets)).not.toContain(before.LINK_SECRET);
    expect(secrets.LINK_SECRET).toMatch(/^0:/);
  });
});

describe("rotatePassKey()", () => {
  test("publishes the new key before it signs, and the former one a little longer", async () => {
    await rotatePassKey(rotation, false);
    const [published, signing] = states;
    expect(published?.PASS_SIGNING_KEY).toBe(before.PASS_SIGNING_KEY);
    expect(signing?.PASS_SIGNING_KEY).toBe(published?.PASS_SIGNING_KEY_NEXT);
    expect(signing?.PASS_SIGNING_KEY_NEXT).toBe(before.PASS_SIGNING_KEY);
    const { secrets } = await account.read();
    expect(secrets.PASS_SIGNING_KEY).toBe(signing?.PASS_SIGNING_KEY);
    expect(secrets).not.toHaveProperty("PASS_SIGNING_KEY_NEXT");
  });

  test("replaces a key that has leaked in one step", async () => {
    await rotatePassKey(rotation, true);
    expect(states).toEqual([]);
    expect(Object.values((await account.read()).secrets)).not.toContain(before.PASS_SIGNING_KEY);
  });
});

describe("rotateAdminToken()", () => {
  test("sets the hash of the token that it keeps", async () => {
    const former = await files.readAdminToken();
    await rotateAdminToken(rotation);
    const token = await files.readAdminToken();
    expect(token).not.toBe(former);
    expect((await account.read()).secrets.ADMIN_TOKEN_SHA256).toBe(hashAdminToken(token));
  });

  test("keeps the former token where Wrangler fails", async () => {
    const former = await files.readAdminToken();
    const failing = async () => ({ code: 1, stdout: "", stderr: "no network" });
    await expect(rotateAdminToken({ ...rotation, wrangler: failing })).rejects.toThrow("no network");
    expect(await files.readAdminToken()).toBe(former);
  });
});
