import { DEFAULT_RATE_LIMIT } from "../../shared/limit/gcra.ts";
import type { EdgeObject } from "../platform/edge-modules.ts";
import type { ObjectRecord } from "../platform/object-record.ts";
import type { SimulatedObjects } from "../platform/simulated-objects.ts";
import type { Fleet } from "./fleet.ts";

const LINK_LIFE_S = 3_600;

export interface HostKey {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
}

/** What objects and KV hold of a fleet from before the simulation began. Objects get it by their own methods. */
export class FormerState {
  readonly #fleet: Fleet;
  readonly #hostKey: HostKey;

  constructor(fleet: Fleet, hostKey: HostKey) {
    this.#fleet = fleet;
    this.#hostKey = hostKey;
  }

  /** The value of a key in KV, which holds no limit that is the default. */
  findPolicy(key: string): unknown {
    const [, kind, number] = /^(org|org-limit):org-(\d+)$/.exec(key) ?? [];
    if (kind === undefined) return undefined;
    if (kind === "org") return { id: `org-${number}`, name: `Org ${number}` };
    const limit = this.#fleet.limit(Number(number));
    return limit === DEFAULT_RATE_LIMIT ? undefined : limit;
  }

  /** Size of all keys and values in KV. */
  policyBytes(): number {
    let bytes = 0;
    for (let workspace = 0; workspace < this.#fleet.workspaces; workspace++)
      for (const kind of ["org", "org-limit"]) {
        const key = `${kind}:${this.#fleet.orgId(workspace)}`;
        const value = this.findPolicy(key);
        if (value !== undefined) bytes += key.length + JSON.stringify(value).length;
      }
    return bytes;
  }

  /** Gives an object its state. */
  async seed({ kind, name }: ObjectRecord, object: EdgeObject): Promise<void> {
    if (kind === "HOST") await this.#seedHost(Number(name.slice("host-".length)), object);
    else if (kind === "WORKSPACE") await this.#seedWorkspace(Number(name.slice("ws-".length)), object);
    else if (kind === "ORG") await this.#seedOrg(name, object);
    else await this.#seedSandbox(name, object);
  }

  /**
   * Gives the sandbox at an index its link, if it started before the simulation. Only for one that is about to end: until
   * then nothing depends on what its object knows of its links, and minting takes time.
   */
  async mintLink(index: number, objects: Pick<SimulatedObjects, "callBefore">): Promise<void> {
    const fleet = this.#fleet;
    const sandboxId = fleet.sandboxId(index);
    if (!fleet.isFirst(sandboxId) || !fleet.isLinked(index)) return;
    const workspace = fleet.workspaceId(fleet.workspaceOf(index));
    const order = { workspace, port: fleet.port(), ttlS: LINK_LIFE_S };
    await objects.callBefore("SANDBOX", sandboxId, "mintLink", order);
  }

  async #seedHost(host: number, object: EdgeObject): Promise<void> {
    const fleet = this.#fleet;
    await object.enrol!({
      id: fleet.hostId(host),
      origin: fleet.hostOrigin(host),
      publicKey: this.#hostKey,
      launches: false,
      enrolledAtMs: fleet.firstStartMs,
    });
    for (const index of fleet.onHost(host)) {
      const workspace = fleet.workspaceId(fleet.workspaceOf(index));
      const guest = { sandboxId: fleet.sandboxId(index), workspace, generation: fleet.generation(index) };
      await object.addGuest!(guest);
    }
  }

  async #seedWorkspace(workspace: number, object: EdgeObject): Promise<void> {
    const fleet = this.#fleet;
    await object.create!(fleet.orgId(workspace));
    for (const index of fleet.inWorkspace(workspace))
      await object.addSandbox!(fleet.workspaceId(workspace), fleet.sandboxId(index), fleet.generation(index));
    await object.recordChange!(this.#formerChange());
  }

  /** Its owner has minted links: there is an audit trail. */
  #formerChange(): object {
    const atMs = this.#fleet.firstStartMs;
    return { atMs, who: { kind: "api_token" }, what: "createPreviewToken", on: "/", result: "ok" };
  }

  async #seedOrg(name: string, object: EdgeObject): Promise<void> {
    await object.put!(name, { name });
    await object.addWorkspaces!([this.#fleet.workspaceId(Number(name.slice("org-".length)))]);
  }

  /** A sandbox that starts later is attached by its host. */
  async #seedSandbox(name: string, object: EdgeObject): Promise<void> {
    const fleet = this.#fleet;
    if (!fleet.isFirst(name)) return;
    const index = fleet.indexOf(name);
    const workspace = fleet.workspaceOf(index);
    await object.attach!(name, {
      owner: {
        workspace: fleet.workspaceId(workspace),
        org: fleet.orgId(workspace),
        keys: { revision: 0, previous: [] },
      },
      hostId: fleet.hostId(fleet.hostOf(index)),
      origin: fleet.hostOrigin(fleet.hostOf(index)),
      generation: fleet.generation(index),
      ports: [fleet.port()],
      limit: { limit: fleet.limit(workspace), changedAtMs: 0 },
    });
  }
}
