import { once } from "node:events";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTicketKeys } from "../../../../connector/tls/ticket-keys.ts";
import type { Pair } from "../../../support/connector/tls-stage.ts";
import { TlsStage } from "../../../support/connector/tls-stage.ts";
import { createCertificate } from "../../../support/create-certificate.ts";

let stage: TlsStage;

beforeEach(async () => {
  stage = await TlsStage.create("first");
});

afterEach(() => stage.close());

describe("a listener whose certificate is replaced", () => {
  test("shows the new one to new connections, and keeps the open ones", async () => {
    const listener = await stage.listen((socket) => socket.pipe(socket));
    const open = stage.connect(listener);
    await once(open, "secureConnect");
    await stage.write(await createCertificate(["second"]));
    await listener.reload();
    const next = stage.connect(listener);
    await once(next, "secureConnect");
    expect(next.getPeerCertificate().subject.CN).toBe("second");
    open.write("still here");
    expect(String(await once(open, "data"))).toBe("still here");
    for (const socket of [open, next] satisfies TLSSocket[]) socket.destroy();
    expect(stage.log).toEqual([expect.stringMatching(/^info: certificate reloaded .*"expiresAt":"20/)]);
  });

  test("resumes sessions of before, with the ticket keys that it was given", async () => {
    const listener = await stage.listen();
    listener.setTicketKeys(createTicketKeys());
    const { session } = await stage.visit(listener);
    await stage.write(await createCertificate(["second"]));
    await listener.reload();
    expect(await stage.visit(listener, { session })).toMatchObject({ isReused: true, text: "served" });
  });

  test.each<[string, RegExp, (second: Pair) => Promise<void>]>([
    [
      "only the certificate was written yet",
      /is not that of the certificate/,
      async ({ cert }) => {
        await writeFile(stage.files.certificateFile, cert);
      },
    ],
    [
      "the certificate is cut off",
      /cut off/,
      async ({ cert, key }) => {
        await stage.write({ cert: cert.slice(0, cert.length / 2), key });
      },
    ],
    [
      "an issuer's certificate is cut off",
      /cut off/,
      async ({ cert, key }) => {
        await stage.write({ cert: cert + cert.slice(0, 100), key });
      },
    ],
    [
      "the certificate is garbage",
      /cannot be read/,
      async ({ key }) => {
        const cert = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        await stage.write({ cert, key });
      },
    ],
    [
      "the key is empty",
      /no private key/,
      async ({ cert }) => {
        await stage.write({ cert, key: "" });
      },
    ],
    [
      "the file is gone",
      /ENOENT/,
      async () => {
        await rm(stage.files.certificateFile);
      },
    ],
    [
      "the file is too large",
      /more than 1048576/,
      async ({ cert, key }) => {
        await stage.write({ cert: cert + " ".repeat(1024 * 1024), key });
      },
    ],
  ])(
    "keeps the former pair where %s, says so once, and takes the whole one later",
    async (_what, why, spoil) => {
      const listener = await stage.listen();
      const second = await createCertificate(["second"]);
      await spoil(second);
      await listener.reload();
      await listener.reload();
      expect(await stage.visit(listener)).toMatchObject({ name: "first", text: "served" });
      expect(stage.log).toEqual([expect.stringMatching(why)]);
      expect(stage.log[0]).toMatch(/^error: certificate not reloaded/);
      await stage.write(second);
      await listener.reload();
      expect(await stage.visit(listener)).toMatchObject({ name: "second" });
    },
  );

  test("waits with files that are being written: they have to be the same for two looks", async () => {
    const listener = await stage.listen();
    await listener.reload();
    const second = await createCertificate(["second"]);
    await stage.write(second);
    const reloading = listener.reload();
    await stage.write(await createCertificate(["third"]));
    await reloading;
    await listener.reload();
    expect((await stage.visit(listener)).name).toBe("third");
  });

  test("follows links of which one was changed, as certbot and Kubernetes do", async () => {
    const [first, second] = [await createCertificate(["first"]), await createCertificate(["second"])];
    for (const [name, { cert, key }] of Object.entries({ a: first, b: second })) {
      await mkdir(join(stage.directory, name));
      await writeFile(join(stage.directory, name, "cert.pem"), cert);
      await writeFile(join(stage.directory, name, "key.pem"), key);
    }
    await symlink("a", join(stage.directory, "..data"));
    for (const name of ["cert.pem", "key.pem"]) {
      await rm(join(stage.directory, name));
      await symlink(join("..data", name), join(stage.directory, name));
    }
    const listener = await stage.listen();
    expect((await stage.visit(listener)).name).toBe("first");
    await symlink("b", join(stage.directory, "..data_tmp"));
    await rename(join(stage.directory, "..data_tmp"), join(stage.directory, "..data"));
    await listener.reload();
    expect((await stage.visit(listener)).name).toBe("second");
  });
});

describe("a listener with a client CA", () => {
  let client: Pair;

  beforeEach(async () => {
    client = await createCertificate(["edge"]);
    stage.files.clientCaFile = join(stage.directory, "client-ca.pem");
    await writeFile(stage.files.clientCaFile, client.cert);
  });

  test("serves a client with a certificate of it, also by a resumed session", async () => {
    const listener = await stage.listen();
    const { session, text } = await stage.visit(listener, client);
    expect(text).toBe("served");
    expect(await stage.visit(listener, { ...client, session })).toMatchObject({
      isReused: true,
      text: "served",
    });
  });

  test.each<[string, () => Promise<Partial<Pair>>]>([
    ["without a certificate", async () => ({})],
    ["with a certificate of nobody's", () => createCertificate(["edge"])],
  ])("refuses a client %s before the relay gets its socket", async (_who, identify) => {
    const listener = await stage.listen();
    expect(await stage.visit(listener, await identify())).toMatchObject({ text: "" });
    expect(stage.accepted).toEqual([]);
  });

  test("takes another CA without a restart, and resumes no session of the former one", async () => {
    const listener = await stage.listen();
    const { session } = await stage.visit(listener, client);
    const other = await createCertificate(["other edge"]);
    await writeFile(stage.files.clientCaFile!, other.cert);
    await listener.reload();
    expect(await stage.visit(listener, other)).toMatchObject({ text: "served" });
    expect(await stage.visit(listener, { ...client, session })).toMatchObject({ isReused: false, text: "" });
  });
});

describe("setTicketKeys()", () => {
  test("makes a listener resume the sessions of another one with the same keys, and of no other", async () => {
    const [one, two] = [await stage.listen(), await stage.listen()];
    const { session } = await stage.visit(one);
    expect(await stage.visit(one, { session })).toMatchObject({ isReused: true });
    expect(await stage.visit(two, { session })).toMatchObject({ isReused: false });
    const keys = createTicketKeys();
    for (const each of [one, two]) each.setTicketKeys(keys);
    expect(await stage.visit(two, { session: (await stage.visit(one)).session })).toMatchObject({
      isReused: true,
    });
  });

  test("ends the sessions of the former keys, by a full handshake", async () => {
    const listener = await stage.listen();
    const { session } = await stage.visit(listener);
    listener.setTicketKeys(createTicketKeys());
    expect(await stage.visit(listener, { session })).toMatchObject({ isReused: false, text: "served" });
  });
});
