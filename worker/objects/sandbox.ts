import { DurableObject } from "cloudflare:workers";
import type { RateLimit } from "../../shared/gcra.ts";
import type { LinkClaims, UnverifiedLink } from "../../shared/link-token.ts";
import {
  decodeLinkToken,
  deriveWorkspaceKey,
  MAX_LINK_LIFETIME_S,
  mintLinkToken,
  verifyLinkToken,
} from "../../shared/link-token.ts";
import { MAX_PORTS_PER_SANDBOX } from "../../shared/port.ts";
import type { Refusal } from "../../shared/refusal.ts";
import { isRefusal, refuse } from "../../shared/refusal.ts";
import { edgeFor } from "../edge.ts";
import type { Environment } from "../environment.ts";
import { linkId, linkName } from "../link-name.ts";
import { leaseSize } from "./lease-size.ts";
import { LinkLedger } from "./link-ledger.ts";
import { OrgLimit } from "./org-limit.ts";
import { RateBuckets } from "./rate-buckets.ts";
import { RevocationOutbox } from "./revocation-outbox.ts";
import type { Route } from "./route.ts";
import { mayAttach, rememberEnded } from "./route.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { isValidVersion, validVersions } from "./signing-keys.ts";
import { storedMark } from "./stored-mark.ts";

/** What one isolate asks before it lets requests for one preview hostname pass. */
export interface AdmitAsk {
  readonly port: number;
  readonly link?: UnverifiedLink;
  /** Requests the answer should cover, if the limit allows as many in one lease; as many as it allows if not said. */
  readonly wanted?: number;
}

/** The grant, and how many requests it covers. */
export interface Admission {
  readonly hostId: string;
  readonly origin: string;
  readonly generation: string;
  /** End of the grant, unix seconds; 0 for none. */
  readonly until: number;
  /** The only paths a restricted link opens. */
  readonly paths?: readonly string[];
  /** Requests admitted, this one included. */
  readonly tokens: number;
  /** What to answer once they are used up, where that is known already. */
  readonly afterwards?: Denial;
}

/** A refusal, and how long the asker may repeat it without asking again. */
export interface Denial {
  readonly refusal: Refusal;
  readonly rememberMs: number;
}

export interface AttachOffer {
  readonly owner: Owner;
  /** Of the owner's org. */
  readonly limit?: RateLimit;
  readonly hostId: string;
  readonly origin: string;
  readonly generation: string;
  readonly ports: readonly number[];
}

/** Outlives the route, so that a stopped sandbox's links are still told from forged ones. */
export interface Owner {
  readonly workspace: string;
  readonly org: string;
  readonly keys: SigningKeys;
}

export interface SandboxDescription {
  readonly id: string;
  readonly workspace: string;
  readonly hostId: string;
  readonly generation: string;
  readonly ports: readonly number[];
  readonly attachedAt: number;
  /** Its host has been silent for too long. */
  readonly hostDown: boolean;
  /** What it was started from, where the edge started it. */
  readonly template?: string;
}

export interface MintAsk {
  readonly workspace: string;
  readonly port: number;
  readonly ttlS: number;
  readonly paths?: readonly string[];
}

export interface MintedLink {
  readonly token: string;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** How long an isolate may repeat "this link does not open anything". */
const LINK_REFUSAL_MEMORY_MS = 5_000;

/** While its host is silent, a sandbox's visitors are told so without a fetch being tried. */
const HOST_DOWN_RETRY_MS = 5_000;

const HOST_DOWN: Denial = {
  refusal: refuse("host_unreachable", { retryAfterS: HOST_DOWN_RETRY_MS / 1000 }),
  rememberMs: HOST_DOWN_RETRY_MS,
};

const MAX_LINK_LIFETIME_MS = MAX_LINK_LIFETIME_S * 1000;

/** A day after the last link of an ended sandbox has expired, nothing about it matters. */
const FORGET_AFTER_MS = MAX_LINK_LIFETIME_MS + 24 * 3600 * 1000;

/**
 * One sandbox: its route, its links and its rate buckets. The one authority on whether a request may pass.
 *
 * Named by the sandbox's id. Storage: `id`, `owner`, `route`, `template`, `ended`, `hostDown`, `limit`, `latestArrivalMs`; links, and
 * withdrawals that the host has yet to hear of, in tables of their own.
 */
export class Sandbox extends DurableObject<Environment> {
  readonly #buckets = new RateBuckets(storedMark(this.ctx.storage), Date.now());
  readonly #links = new LinkLedger(this.ctx.storage.sql);
  readonly #outbox = new RevocationOutbox(this.ctx.storage.sql);
  readonly #limit = new OrgLimit(this.env.POLICY, this.ctx.storage);
  readonly #keys = new Map<number, Promise<CryptoKey>>();
  #id = this.ctx.storage.kv.get<string>("id");
  #owner = this.ctx.storage.kv.get<Owner>("owner");
  #route = this.ctx.storage.kv.get<Route>("route");
  #ended = this.ctx.storage.kv.get<string[]>("ended") ?? [];
  /** Its host has been silent for too long. */
  #hostDown = this.ctx.storage.kv.get<boolean>("hostDown") ?? false;

  constructor(context: DurableObjectState, environment: Environment) {
    super(context, environment);
    if (this.#owner !== undefined) this.#prepare();
  }

  /** Decides about the next requests for one preview hostname of this sandbox. */
  async admit(ask: AdmitAsk): Promise<Admission | Denial> {
    const nowMs = Date.now();
    const link = ask.link === undefined ? undefined : await this.#verifyLink(ask.link, nowMs);
    if (isRefusal(link)) return { refusal: link, rememberMs: LINK_REFUSAL_MEMORY_MS };
    const route = this.#route;
    const owner = this.#owner;
    if (route === undefined || owner === undefined)
      return { refusal: refuse("sandbox_not_found"), rememberMs: 0 };
    if (this.#hostDown) return HOST_DOWN;

    const limit = await this.#rateLimit(owner.org, nowMs);
    const bucket = ask.link === undefined ? String(ask.port) : linkName(ask.link);
    const lease = this.#buckets.take(
      bucket,
      limit,
      nowMs,
      Math.min(ask.wanted ?? Infinity, leaseSize(limit)),
    );
    if (lease.tokens === 0) return deny(limit, lease.retryAfterMs);
    return {
      hostId: route.hostId,
      origin: route.origin,
      generation: route.generation,
      until: link?.claims.expiresAt ?? 0,
      ...(link?.paths !== undefined && { paths: link.paths }),
      tokens: lease.tokens,
      ...(lease.retryAfterMs > 0 && { afterwards: deny(limit, lease.retryAfterMs) }),
    };
  }

  /** @returns `conflict` for a generation that has ended or was overtaken */
  attach(id: string, offer: AttachOffer): Refusal | undefined {
    if (!mayAttach(this.#route, this.#ended, offer)) return refuse("conflict");
    const { owner, limit, ...route } = offer;
    if (this.#owner !== undefined && this.#owner.workspace !== owner.workspace) return refuse("forbidden");
    this.#prepare();
    if (this.#route?.generation !== offer.generation) {
      if (this.#route !== undefined) this.#end(this.#route.generation);
      this.#outbox.clear();
    }
    this.#setHostDown(false);
    this.ctx.storage.kv.put("id", id);
    this.#id = id;
    this.#setOwner(this.#owner !== undefined && isNewer(this.#owner, owner) ? this.#owner : owner);
    this.#setRoute({ ...route, attachedAt: Date.now() });
    if (limit !== undefined && this.#limit.recall() === undefined) this.#limit.start(limit);
    return undefined;
  }

  /** Ends the route if it is still that host's generation. @returns whether there was one to end */
  detach(hostId: string, generation: string): boolean {
    if (this.#owner === undefined) return false;
    if (this.#route !== undefined && this.#route.generation === generation && this.#route.hostId !== hostId)
      return false;
    this.#end(generation);
    if (this.#route?.generation !== generation) return false;
    this.#route = undefined;
    this.ctx.storage.kv.delete("route");
    this.#setHostDown(false);
    this.#outbox.clear();
    void this.ctx.storage.setAlarm(Date.now() + FORGET_AFTER_MS);
    return true;
  }

  /** Word from the host's object: the host has fallen silent, or is back. */
  markHost(hostId: string, down: boolean): void {
    if (this.#route?.hostId === hostId) this.#setHostDown(down);
  }

  /**
   * Withdraws a link, whether or not it was restricted, and has its host cut what is open under it. Does nothing to
   * one that has expired.
   */
  async revokeLink(workspace: string, token: string): Promise<Refusal | undefined> {
    const description = this.describe(workspace);
    if (isRefusal(description)) return description;
    const { linkMaskKey } = await edgeFor(this.env);
    const link = await decodeLinkToken(token, linkMaskKey);
    if (isRefusal(link)) return link;
    if (link.claims.sandboxId !== description.id) return refuse("not_found");
    const nowMs = Date.now();
    const verified = await this.#verifyLink(link, nowMs);
    if (isRefusal(verified)) return verified.refused === "link_invalid" ? refuse("not_found") : undefined;
    this.#links.revoke(link);
    this.#links.forgetExpired(nowMs);
    this.#outbox.add({ link: await linkId(link), untilMs: link.claims.expiresAt * 1000 });
    await this.#deliverRevocations();
    return undefined;
  }

  reportPorts(hostId: string, generation: string, ports: readonly number[]): Refusal | undefined {
    const route = this.#route;
    if (route?.hostId !== hostId || route.generation !== generation) return refuse("conflict");
    this.#setRoute({ ...route, ports: ports.slice(0, MAX_PORTS_PER_SANDBOX) });
    return undefined;
  }

  /** What the edge started it from. */
  noteTemplate(template: string): void {
    if (this.#route !== undefined) this.ctx.storage.kv.put("template", template);
  }

  /** New signing keys of the owning workspace. Links of versions that hold no more are cut; the caller does not wait. */
  useKeys(keys: SigningKeys): void {
    const known = this.#owner?.keys;
    if (this.#owner === undefined || known === undefined || keys.revision < known.revision) return;
    this.#setOwner({ ...this.#owner, keys });
    const nowMs = Date.now();
    const keyVersions = validVersions(keys, nowMs);
    if (this.#route === undefined || validVersions(known, nowMs).every((held) => keyVersions.includes(held)))
      return;
    this.#outbox.add({ keyVersions, untilMs: nowMs + MAX_LINK_LIFETIME_MS });
    this.ctx.waitUntil(this.#deliverRevocations());
  }

  /** A changed limit of its org. */
  useRateLimit(limit: RateLimit): void {
    this.#limit.hear(limit, Date.now());
  }

  /** @returns `not_found` for another workspace's sandbox, too: its existence is nobody else's business */
  describe(workspace: string): SandboxDescription | Refusal {
    if (this.#route === undefined || this.#owner?.workspace !== workspace || this.#id === undefined) {
      return refuse("sandbox_not_found");
    }
    const { hostId, generation, ports, attachedAt } = this.#route;
    const template = this.ctx.storage.kv.get<string>("template");
    return {
      id: this.#id,
      workspace,
      hostId,
      generation,
      ports,
      attachedAt,
      hostDown: this.#hostDown,
      ...(template !== undefined && { template }),
    };
  }

  async mintLink(ask: MintAsk): Promise<MintedLink | Refusal> {
    const description = this.describe(ask.workspace);
    if (isRefusal(description) || this.#owner === undefined) return refuse("sandbox_not_found");
    const keyVersion = this.#owner.keys.current;
    const claims: LinkClaims = {
      sandboxId: description.id,
      port: ask.port,
      expiresAt: Math.floor(Date.now() / 1000) + ask.ttlS,
      keyVersion,
      restricted: ask.paths !== undefined,
    };
    const { linkMaskKey } = await edgeFor(this.env);
    const token = await mintLinkToken(claims, await this.#key(keyVersion), linkMaskKey);
    if (ask.paths !== undefined) {
      const link = await decodeLinkToken(token, linkMaskKey);
      if (!isRefusal(link)) this.#links.restrict(link, ask.paths);
    }
    return { token, expiresAt: claims.expiresAt };
  }

  override async alarm(): Promise<void> {
    if (this.#route === undefined) await this.#forget();
    else await this.#deliverRevocations();
  }

  /** Only once it has an owner: an object that somebody merely asks for must not come to exist. */
  #prepare(): void {
    this.#links.prepare();
    this.#outbox.prepare();
  }

  /** Tells the host what was withdrawn, and again later if it does not hear. */
  async #deliverRevocations(): Promise<void> {
    if (this.#route === undefined || this.#id === undefined) return;
    const { passes } = await edgeFor(this.env);
    const retryAfterMs = await this.#outbox.deliver(this.#id, this.#route, passes, Date.now());
    if (retryAfterMs !== undefined) await this.ctx.storage.setAlarm(Date.now() + retryAfterMs);
  }

  /** Every link has expired since the sandbox ended; nobody asks about it any more. */
  async #forget(): Promise<void> {
    await this.ctx.storage.deleteAll();
    this.#id = undefined;
    this.#owner = undefined;
    this.#ended = [];
  }

  async #verifyLink(
    link: UnverifiedLink,
    nowMs: number,
  ): Promise<{ claims: LinkClaims; paths?: readonly string[] } | Refusal> {
    const owner = this.#owner;
    const { keyVersion } = link.claims;
    const usable = owner !== undefined && isValidVersion(owner.keys, keyVersion, nowMs);
    const claims = await verifyLinkToken(link, usable ? await this.#key(keyVersion) : undefined, nowMs);
    if (isRefusal(claims)) return claims;
    return this.#links.check(link);
  }

  #key(version: number): Promise<CryptoKey> {
    let key = this.#keys.get(version);
    if (key === undefined) {
      key = this.#deriveKey(version);
      this.#keys.set(version, key);
    }
    return key;
  }

  async #deriveKey(version: number): Promise<CryptoKey> {
    const { settings } = await edgeFor(this.env);
    return deriveWorkspaceKey(settings.linkSecret, this.#owner?.workspace ?? "", version);
  }

  /** Waits for KV only where nothing was ever known. */
  async #rateLimit(org: string, nowMs: number): Promise<RateLimit> {
    const known = this.#limit.recall();
    if (known === undefined) return this.#limit.read(org, nowMs);
    if (this.#limit.isStale(nowMs)) this.ctx.waitUntil(this.#limit.read(org, nowMs));
    return known;
  }

  #setRoute(route: Route): void {
    this.#route = route;
    this.ctx.storage.kv.put("route", route);
  }

  #setOwner(owner: Owner): void {
    this.#owner = owner;
    this.ctx.storage.kv.put("owner", owner);
  }

  #setHostDown(down: boolean): void {
    if (this.#hostDown === down) return;
    this.#hostDown = down;
    if (down) this.ctx.storage.kv.put("hostDown", true);
    else this.ctx.storage.kv.delete("hostDown");
  }

  #end(generation: string): void {
    this.#ended = rememberEnded(this.#ended, generation);
    this.ctx.storage.kv.put("ended", this.#ended);
  }
}

/** Keys may be rotated between an attach's look at the workspace and its arrival here. */
function isNewer(known: Owner, offered: Owner): boolean {
  return known.keys.revision > offered.keys.revision;
}

function deny(limit: RateLimit, retryAfterMs: number): Denial {
  return {
    refusal: refuse("rate_limited", { retryAfterS: Math.ceil(retryAfterMs / 1000), limit }),
    rememberMs: retryAfterMs,
  };
}
