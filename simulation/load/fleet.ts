import type { Generation } from "../../shared/generation.ts";
import type { RateLimit } from "../../shared/limit/gcra.ts";
import { DEFAULT_RATE_LIMIT } from "../../shared/limit/gcra.ts";
import { leaseSize } from "../../worker/objects/lease-size.ts";
import type { ObjectKind } from "../platform/edge-modules.ts";
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
  /** Share of the sandboxes that have a link. */
  readonly linkedShare: number;
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

/** The golden ratio's fraction: multiples of it are spread evenly between whole numbers. */
const LINKED_STEP = 0.618_033_988_749_895;

const PORT = 3000;

/**
 * All sandboxes by index, which is their rank of popularity. A sandbox that ends is replaced by another one at the same
 * index. Sandboxes with neighbouring indexes share a workspace, which is the only one of its org, and are on different
 * hosts.
 */
export class Fleet {
  readonly size: FleetSize;
  readonly count: number;
  readonly workspaces: number;
  /** When the sandboxes started that are there from the beginning, unix milliseconds. */
  readonly firstStartMs: number;
  readonly #limits: readonly RateLimit[];
  readonly #linkedShare: number;
  /** How often the sandbox at an index was replaced. */
  readonly #replaced: Uint32Array;
  /** When the sandbox at an index started. */
  readonly #startMs: Float64Array;

  constructor(size: FleetSize, firstStartMs: number, needs: FleetNeeds) {
    this.size = size;
    this.count = size.hosts * size.sandboxesPerHost;
    this.workspaces = Math.ceil(this.count / size.sandboxesPerWorkspace);
    this.firstStartMs = firstStartMs;
    this.#linkedShare = needs.linkedShare;
    this.#replaced = new Uint32Array(this.count);
    this.#startMs = new Float64Array(this.count).fill(firstStartMs);
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

  /** Whether a sandbox is there from the beginning. */
  isFirst(sandboxId: string): boolean {
    return sandboxId.startsWith("00000000-") && this.indexOf(sandboxId) < this.count;
  }

  generation(index: number): Generation {
    return `${this.#startMs[index]!}-${index.toString(36).padStart(8, "0")}`;
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

  /** Indexes of the sandboxes of a workspace. */
  inWorkspace(workspace: number): number[] {
    const first = workspace * this.size.sandboxesPerWorkspace;
    const count = Math.min(this.size.sandboxesPerWorkspace, this.count - first);
    return Array.from({ length: count }, (_, row) => first + row);
  }

  orgId(workspace: number): string {
    return `org-${workspace}`;
  }

  limit(workspace: number): RateLimit {
    return this.#limits[workspace]!;
  }

  /** Another sandbox, of the same popularity, host and workspace, starts in place of the one that ends. */
  replace(index: number, nowMs: number): void {
    this.#replaced[index]! += 1;
    this.#startMs[index] = nowMs;
  }

  /** Whether one object call may admit more than one request to the sandbox at an index. */
  isLeasable(index: number): boolean {
    return leaseSize(this.limit(this.workspaceOf(index))) > 1;
  }

  /** Whether a link is minted for each sandbox at an index, as it starts. */
  isLinked(index: number): boolean {
    return (index * LINKED_STEP) % 1 < this.#linkedShare;
  }

  /** How many objects of each kind there are, whether or not they are called. */
  objectCounts(): Readonly<Record<ObjectKind, number>> {
    return { SANDBOX: this.count, WORKSPACE: this.workspaces, HOST: this.size.hosts, ORG: this.workspaces };
  }
}
