import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { RunWrangler } from "../../../dev/deploy/wrangler.ts";
import { createWrangler } from "../../../dev/deploy/wrangler.ts";

export interface AccountState {
  readonly loggedIn: boolean;
  readonly accounts: readonly { readonly id: string; readonly name: string }[];
  /** The arguments of each call of Wrangler. */
  readonly calls: readonly (readonly string[])[];
  readonly secrets: Readonly<Record<string, string>>;
  /** Absent until the Worker is deployed. */
  readonly worker?: { readonly vars: Readonly<Record<string, string>>; readonly routes: unknown };
}

const EMPTY: AccountState = {
  loggedIn: true,
  accounts: [{ id: "0123456789abcdef0123456789abcdef", name: "Acme" }],
  calls: [],
  secrets: {},
};
const PROGRAM = fileURLToPath(new URL("fake-wrangler.mjs", import.meta.url));
const POLL_MS = 50;

/** An account at Cloudflare, as far as Wrangler shows it; one in a process at a time. */
export class FakeAccount {
  readonly wrangler: RunWrangler = createWrangler(PROGRAM);
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  static async create(folder: string, change: Partial<AccountState> = {}): Promise<FakeAccount> {
    const account = new FakeAccount(join(folder, "account.json"));
    await writeFile(account.#path, JSON.stringify({ ...EMPTY, ...change }));
    process.env.FAKE_ACCOUNT = account.#path;
    return account;
  }

  async read(): Promise<AccountState> {
    return JSON.parse(await readFile(this.#path, "utf8")) as AccountState;
  }

  /** Resolves when the Worker is deployed. */
  async deployed(): Promise<AccountState & { worker: NonNullable<AccountState["worker"]> }> {
    for (;;) {
      const state = await this.read();
      if (state.worker !== undefined) return { ...state, worker: state.worker };
      await setTimeout(POLL_MS);
    }
  }
}
