import type { ApiClient } from "./api/api-client.ts";
import type { CreateOptions, SignalOption } from "./sandbox.ts";
import { Sandbox } from "./sandbox.ts";
import type { ListOptions, SandboxList } from "./sandbox-list.ts";

/** The sandboxes that a client's token opens. */
export class Sandboxes {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** Starts a sandbox, and waits until it is reachable. A call that is repeated after a failure starts no second one. */
  create(options: CreateOptions): Promise<Sandbox> {
    return Sandbox.create(options, this.#client);
  }

  get(id: string, options?: SignalOption): Promise<Sandbox> {
    return Sandbox.get(id, this.#client, options);
  }

  /** A sandbox by its id, without a call: its `info` is not known. */
  ref(id: string): Sandbox {
    return new Sandbox(this.#client, id);
  }

  /**
   * All sandboxes, page by page.
   *
   * @example
   * ```ts
   * for await (const sandbox of client.sandboxes.list()) console.log(sandbox.id);
   * const all = await client.sandboxes.list();
   * ```
   */
  list(options?: ListOptions): SandboxList<Sandbox> {
    return Sandbox.list(options, this.#client);
  }
}
