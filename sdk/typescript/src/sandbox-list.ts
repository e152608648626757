import type { ApiClient } from "./api/api-client.ts";
import type { SandboxInfo } from "./api/types.ts";

export interface ListOptions {
  /** The most sandboxes in one call, 1 to 500. */
  readonly limit?: number;
  /** Needed with a token of an org that has several workspaces. */
  readonly workspace?: string;
  readonly signal?: AbortSignal;
}

/** Sandboxes, one page for each call. Awaiting it reads all pages into an array. */
export class SandboxList<Item> implements AsyncIterable<Item>, PromiseLike<Item[]> {
  readonly #client: ApiClient;
  readonly #options: ListOptions;
  readonly #toItem: (info: SandboxInfo) => Item;

  constructor(client: ApiClient, options: ListOptions, toItem: (info: SandboxInfo) => Item) {
    this.#client = client;
    this.#options = options;
    this.#toItem = toItem;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    const { signal, ...query } = this.#options;
    let cursor: string | undefined;
    do {
      const call = { method: "GET", path: "/sandboxes", query: { ...query, cursor }, signal } as const;
      const response = await this.#client.request(call);
      for (const info of (await response.json()) as SandboxInfo[]) yield this.#toItem(info);
      cursor = nextCursor(response.headers.get("link"));
    } while (cursor !== undefined);
  }

  // biome-ignore lint/suspicious/noThenProperty: both `await` and `for await` read the list
  then<Result = Item[], Failure = never>(
    onFulfilled?: ((items: Item[]) => Result | PromiseLike<Result>) | null,
    onRejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Result | Failure> {
    return this.#readAll().then(onFulfilled, onRejected);
  }

  async #readAll(): Promise<Item[]> {
    const items: Item[] = [];
    for await (const item of this) items.push(item);
    return items;
  }
}

/** Of a `link` field (RFC 8288) with one link. */
function nextCursor(field: string | null): string | undefined {
  const [, url] = /^<([^<>]*)>; *rel="?next"?$/.exec(field ?? "") ?? [];
  return url === undefined ? undefined : (new URL(url, "http://api").searchParams.get("cursor") ?? undefined);
}
