import { sha256Hex } from "../../shared/sha256-hex.ts";
import type { World } from "../world.ts";
import { callApi } from "./call-api.ts";

/** Owners of workspaces: they mint links for their sandboxes and revoke them, over the API. */
export class Owners {
  readonly #world: World;
  /** API tokens by workspace; they were made before the simulation began. */
  readonly #tokens = new Map<number, Promise<string>>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Mints a link to the sandbox at an index, if it is one of those that have links. */
  async mintLink(index: number): Promise<void> {
    const { fleet } = this.#world;
    if (!fleet.isLinked(index)) return;
    const path = `/v1/sandboxes/${fleet.sandboxId(index)}/preview-token`;
    const body = { port: fleet.port() };
    await this.#call(index, { name: "mint", method: "POST", path, body });
  }

  /** @param link its token */
  async revokeLink(index: number, link: string): Promise<void> {
    const path = `/v1/sandboxes/${this.#world.fleet.sandboxId(index)}/preview-tokens/${link}`;
    await this.#call(index, { name: "revocation", method: "DELETE", path });
  }

  async #call(
    index: number,
    call: { readonly name: string; readonly method: string; readonly path: string; readonly body?: unknown },
  ): Promise<void> {
    const token = await this.#token(this.#world.fleet.workspaceOf(index));
    await callApi(this.#world, { ...call, token });
  }

  #token(workspace: number): Promise<string> {
    let token = this.#tokens.get(workspace);
    if (token === undefined) {
      token = this.#createToken(workspace);
      this.#tokens.set(workspace, token);
    }
    return token;
  }

  async #createToken(workspace: number): Promise<string> {
    const { fleet, kv, modules } = this.#world;
    const secret = modules.createTokenSecret("workspace");
    const record = {
      scope: "workspace",
      id: `token-${workspace}`,
      name: "owner",
      org: fleet.orgId(workspace),
      workspace: fleet.workspaceId(workspace),
      role: "developer",
      createdAt: new Date().toISOString(),
    };
    await modules.putApiToken(
      { put: async (key, value) => kv.seed(key, value) },
      await sha256Hex(secret),
      record,
    );
    return secret;
  }
}
