import { ApiClient } from "./api/api-client.ts";
import { Sandboxes } from "./sandboxes.ts";

/**
 * Access to the API.
 *
 * @example
 * ```ts
 * const client = new Client({ apiUrl: "https://api.acme.dev", token });
 * for await (const sandbox of client.sandboxes.list()) console.log(sandbox.id);
 * ```
 */
export class Client extends ApiClient {
  readonly sandboxes: Sandboxes = new Sandboxes(this);
}
