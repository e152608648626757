import type { Generation } from "../../shared/generation.ts";
import type { RateLimit } from "../../shared/limit/gcra.ts";
import { DEFAULT_RATE_LIMIT } from "../../shared/limit/gcra.ts";
import { leaseSize } from "../../worker/objects/lease-size.ts";
import type { EdgeObject } from "../platform/edge-modules.ts";
import type { ObjectRecord } from "../platform/simulated-objects.ts";
import type { Zipf } from "../random/zipf.ts";

export interface FleetSize {
  readonly hosts: number;
  readonly sandboxesPerHost: number;
  readonly sandboxesPerWorkspace: number;
}

/** The load on the previews, and whether orgs have limits for it. */
export interface FleetNeeds {
  readonly popularity: Zipf;
  readonly perSecond: number;
  readonly defaultLimits: boolean;
}

export interface HostKey {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
}

/** The limits of orgs whose previews need more than the default. */
export const LIMIT_TIERS: readonly RateLimit[] = [
  DEFAULT_RATE_LIMIT,
  { perSecond: 20, burst: 100 },
  { perSecond: 200, burst: 1_000 },
  { perSecond: 2_000, burst: 10_000 },
];

/** An org's limit is at least this many times the mean load of its most visited sandbox. */
const HEADROOM = 2;

const PORT = 3000;
const FIRST_START_AGO_MS = 3_600_000;

/**
 * All sandboxes by index, which is their rank of popularity. A sandbox that ends is replaced by another one at the same
 * index. Sandboxes with neighbouring indexes share a workspace, which is the only one of its org, and are on different
 * hosts.
 */
export class Fleet {
  readonly size: FleetSize;
  readonly count: number;
  readonly workspaces: number;
  readonly #startMs: number;
  readonly #hostKey: HostKey;
  readonly #limits: readonly RateLimit[];
  /** How often the sandbox at an index was replaced. */
  readonly #replaced: Uint32Array;

  constructor(size: FleetSize, startMs: number, hostKey: HostKey, needs: FleetNeeds) {
    this.size = size;
    this.count = size.hosts * size.sandboxesPerHost;
    this.workspaces = Math.ceil(this.count / size.sandboxesPerWorkspace);
    this.#startMs = startMs;
    this.#hostKey = hostKey;
    this.#replaced = new Uint32Array(this.count);
    this.#limits = Array.from({ length: this.workspaces }, (_, workspace) => {
      if (needs.defaultLimits) return DEFAULT_RATE_LIMIT;
      const most = needs.popularity.share(workspace * size.sandboxesPerWorkspace) * needs.perSecond;
      return LIMIT_TIERS.find((tier) => tier.perSecond >= most * HEADROOM) ?? LIMIT_TIERS.at(-1)!;
    });
  }

  sandboxId(index: number): string {
    const hex = index.toString(16).padStart(12, "0");
    return `${this.#replaced[index]!.toString(16).padStart(8, "0")}-0000-4000-8000-${hex}`;
  }

  indexOf(sandboxId: string): number {
    return Number.parseInt(sandboxId.slice(-12), 16);
  }

  generation(index: number): Generation {
    return this.#generationAfter(index, this.#replaced[index]!);
  }

  port(): number {
    return PORT;
  }

  hostOf(index: number): number {
    return index % this.size.hosts;
  }

  hostId(host: number): string {
    return `host-${host}`;
  }

  hostOrigin(host: number): string {
    return `https://host-${host}.hosts.test`;
  }

  /** Indexes of the sandboxes of a host. */
  onHost(host: number): number[] {
    return Array.from({ length: this.size.sandboxesPerHost }, (_, row) => row * this.size.hosts + host);
  }

  workspaceOf(index: number): number {
    return Math.floor(index / this.size.sandboxesPerWorkspace);
  }

  workspaceId(workspace: number): string {
    return `ws-${workspace}`;
  }

  orgId(workspace: number): string {
    return `org-${workspace}`;
  }

  limit(workspace: number): RateLimit {
    return this.#limits[workspace]!;
  }

  /** Another sandbox, of the same popularity, host and workspace, in place of the one that ends. */
  replace(index: number): void {
    this.#replaced[index]! += 1;
  }

  /** Whether one object call may admit more than one request to the sandbox at an index. */
  isLeasable(index: number): boolean {
    return leaseSize(this.limit(this.workspaceOf(index))) > 1;
  }

  /** The value that KV held before the simulation began; it holds no limit that is the default. */
  findPolicy(key: string): unknown {
    const [, kind, number] = /^(org|org-limit):org-(\d+)$/.exec(key) ?? [];
    if (kind === undefined) return undefined;
    if (kind === "org") return { id: `org-${number}`, name: `Org ${number}` };
    const limit = this.limit(Number(number));
    return limit === DEFAULT_RATE_LIMIT ? undefined : limit;
  }

  /** Gives an object its state from before the simulation began, by its own methods. */
  async seed({ kind, name }: ObjectRecord, object: EdgeObject): Promise<void> {
    if (kind === "HOST") await this.#seedHost(Number(name.slice("host-".length)), object);
    else if (kind === "WORKSPACE") await this.#seedWorkspace(Number(name.slice("ws-".length)), object);
    else if (kind === "ORG") await this.#seedOrg(name, object);
    else await this.#seedSandbox(name, object);
  }

  /** @param replaced how often the sandbox at the index was replaced before this start */
  #generationAfter(index: number, replaced: number): Generation {
    const startMs = this.#startMs - FIRST_START_AGO_MS + replaced * 1_000;
    return `${startMs}-${index.toString(36).padStart(8, "0")}`;
  }

  async #seedHost(host: number, object: EdgeObject): Promise<void> {
    await object.enrol!({
      id: this.hostId(host),
      origin: this.hostOrigin(host),
      publicKey: this.#hostKey,
      launches: false,
      enrolledAtMs: this.#startMs,
    });
    for (const index of this.onHost(host)) {
      const workspace = this.workspaceId(this.workspaceOf(index));
      await object.addGuest!({
        sandboxId: this.sandboxId(index),
        workspace,
        generation: this.generation(index),
      });
    }
  }

  async #seedWorkspace(workspace: number, object: EdgeObject): Promise<void> {
    await object.create!(this.orgId(workspace));
    const first = workspace * this.size.sandboxesPerWorkspace;
    for (let index = first; index < Math.min(first + this.size.sandboxesPerWorkspace, this.count); index++)
      await object.addSandbox!(this.workspaceId(workspace), this.sandboxId(index), this.generation(index));
  }

  async #seedOrg(name: string, object: EdgeObject): Promise<void> {
    await object.put!(name, { name });
    await object.addWorkspaces!([this.workspaceId(Number(name.slice("org-".length)))]);
  }

  /** A sandbox that starts later is attached by its host. */
  async #seedSandbox(name: string, object: EdgeObject): Promise<void> {
    const index = this.indexOf(name);
    const workspace = this.workspaceOf(index);
    if (!name.startsWith("00000000-") || index >= this.count) return;
    await object.attach!(name, {
      owner: {
        workspace: this.workspaceId(workspace),
        org: this.orgId(workspace),
        keys: { revision: 0, previous: [] },
      },
      hostId: this.hostId(this.hostOf(index)),
      origin: this.hostOrigin(this.hostOf(index)),
      generation: this.#generationAfter(index, 0),
      ports: [PORT],
      limit: { limit: this.limit(workspace), changedAtMs: 0, kvStaleUntilMs: 0 },
    });
  }
}
