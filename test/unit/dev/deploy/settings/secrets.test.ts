import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkSecrets } from "../../../../../dev/deploy/check/check-secrets.ts";
import { REQUIRED_SECRETS, SecretFiles } from "../../../../../dev/deploy/settings/secrets.ts";

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "preview-secrets-")), "deploy");
});
afterEach(() => rm(join(folder, ".."), { recursive: true }));

describe("SecretFiles.ensure()", () => {
  test("makes secrets that the Worker accepts, in files that only their owner reads", async () => {
    const files = new SecretFiles(folder);
    const secrets = await files.ensure(REQUIRED_SECRETS);
    expect(await checkSecrets(secrets)).toEqual([]);
    for (const name of ["worker-secrets.json", "admin-token"])
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const token = await files.readAdminToken();
    expect(secrets.ADMIN_TOKEN_SHA256).toBe(createHash("sha256").update(token).digest("hex"));
    expect(await readFile(join(folder, "worker-secrets.json"), "utf8")).not.toContain(token);
  });

  test("keeps what is there, and makes only what is missing", async () => {
    const files = new SecretFiles(folder);
    const { LINK_SECRET, ...rest } = await files.ensure(REQUIRED_SECRETS);
    await files.write(rest);
    const again = await files.ensure(REQUIRED_SECRETS);
    expect(again).toMatchObject(rest);
    expect(again.LINK_SECRET).not.toBe(LINK_SECRET);
  });
});

describe("SecretFiles.read()", () => {
  test("refuses a file that was written in part", async () => {
    const files = new SecretFiles(folder);
    await files.ensure(["LINK_SECRET"]);
    await writeFile(join(folder, "worker-secrets.json"), '{"LINK_SECRET": "0:');
    await expect(files.read()).rejects.toThrow("worker-secrets.json");
  });
});

describe("checkSecrets()", () => {
  test("names each secret that is missing", async () => {
    const problems = await checkSecrets({});
    expect(problems.map(({ text }) => text.split(" ")[0])).toEqual([...REQUIRED_SECRETS]);
  });

  test("refuses a secret that the Worker would refuse, without showing it", async () => {
    const secrets = await new SecretFiles(folder).ensure(REQUIRED_SECRETS);
    const [problem] = await checkSecrets({ ...secrets, LINK_SECRET: "0:c2hvcnQ" });
    expect(problem?.text).toContain("LINK_SECRET must be at least 32 bytes");
    expect(problem?.text).not.toContain("c2hvcnQ");
  });
});
