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
import type { KnownLimit, LimitNews } from "./org-limit.ts";
import { OrgLimit } from "./org-limit.ts";
import { RateBuckets } from "./rate-buckets.ts";
import { RevocationOutbox } from "./revocation-outbox.ts";
import type { Route } from "./route.ts";
import { mayAttach, rememberEnded } from "./route.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { findRevision, validVersions, versionOf } from "./signing-keys.ts";
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
  /** Of the owner's org, as the workspace knows it. */
  readonly limit?: KnownLimit;
  readonly hostId: string;
  readonly origin: string;
  readonly generation: string;
  readonly ports: readonly number[];
}

/** What a workspace tells its sandboxes when something changes. */
export interface WorkspaceNews {
  readonly workspace: string;
  readonly keys: SigningKeys;
  readonly limit?: LimitNews;
}

/** How a host's object sees its host. */
export interface HostNews {
  readonly hostId: string;
  /** Grows with each change: older news do not undo newer. */
  readonly revision: number;
  readonly down: boolean;
  readonly origin: string;
}

/** Outlives the route, so that a stopped sandbox's links are still told from forged ones. */
export interface Owner {
  readonly workspace: string;
  readonly org: string;
  readonly keys: SigningKeys;
}

type HostState = Pick<HostNews, "revision" | "down">;

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
 * Named by the sandbox's id. Storage: `id`, `owner`, `route`, `template`, `ended`, `forgetAtMs`, `host`, `orgLimit`,
 * `arrivalMark`; links, and withdrawals that the host has yet to hear of, in tables of their own.
 */
export class Sandbox extends DurableObject<Environment> {
  readonly #buckets = new RateBuckets(storedMark(this.ctx.storage), Date.now());
  readonly #links = new LinkLedger(this.ctx.storage.sql);
  readonly #outbox = new RevocationOutbox(this.ctx.storage.sql);
  readonly #limit = new OrgLimit(this.env.POLICY, this.ctx.storage);
  readonly #keys = new Map<number, CryptoKey>();
  #id = this.ctx.storage.kv.get<string>("id");
  #owner = this.ctx.storage.kv.get<Owner>("owner");
  #route = this.ctx.storage.kv.get<Route>("route");
  #ended = this.ctx.storage.kv.get<string[]>("ended") ?? [];
  /** What its host's object said last. */
  #host = this.ctx.storage.kv.get<HostState>("host");

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
    if (this.#host?.down) return HOST_DOWN;

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
    if (this.#route?.hostId !== offer.hostId) this.#setHost(undefined);
    else if (this.#host !== undefined) this.#setHost({ ...this.#host, down: false });
    this.ctx.storage.kv.delete("forgetAtMs");
    this.ctx.storage.kv.put("id", id);
    this.#id = id;
    this.#setRoute({ ...route, attachedAt: Date.now() });
    this.#setOwner(this.#owner !== undefined && isNewer(this.#owner, owner) ? this.#owner : owner);
    if (limit !== undefined) this.#limit.adopt(limit);
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
    this.#setHost(undefined);
    this.#outbox.clear();
    const forgetAtMs = Date.now() + FORGET_AFTER_MS;
    this.ctx.storage.kv.put("forgetAtMs", forgetAtMs);
    void this.ctx.storage.setAlarm(forgetAtMs);
    return true;
  }

  /** The host has fallen silent, is back, or has another address. */
  hearOfHost({ hostId, revision, down, origin }: HostNews): void {
    const route = this.#route;
    if (route?.hostId !== hostId || revision < (this.#host?.revision ?? 0)) return;
    this.#setHost({ revision, down });
    if (route.origin !== origin) this.#setRoute({ ...route, origin });
  }

  /**
   * Withdraws a link, whether or not it was restricted, and has its host cut what is open under it; also while the
   * sandbox is stopped, since its links hold again when it starts. Does nothing to one that has expired.
   */
  async revokeLink(workspace: string, token: string): Promise<Refusal | undefined> {
    if (this.#owner?.workspace !== workspace) return refuse("sandbox_not_found");
    const { linkMaskKey } = await edgeFor(this.env);
    const link = await decodeLinkToken(token, linkMaskKey);
    if (isRefusal(link)) return link;
    if (link.claims.sandboxId !== this.#id) return refuse("not_found");
    const nowMs = Date.now();
    const verified = await this.#verifyLink(link, nowMs);
    if (isRefusal(verified)) return verified.refused === "link_invalid" ? refuse("not_found") : undefined;
    this.#links.revoke(link);
    this.#links.forgetExpired(nowMs);
    const id = await linkId(link);
    if (this.#route === undefined) return undefined;
    this.#outbox.add({ link: id, untilMs: link.claims.expiresAt * 1000 });
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

  /** New signing keys or a changed limit, from the workspace that owns it, and no other. */
  hearOfWorkspace({ workspace, keys, limit }: WorkspaceNews): void {
    if (this.#owner?.workspace !== workspace) return;
    if (limit !== undefined) this.#limit.hear(limit, Date.now());
    if (keys.revision > this.#owner.keys.revision) this.#setOwner({ ...this.#owner, keys });
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
      hostDown: this.#host?.down ?? false,
      ...(template !== undefined && { template }),
    };
  }

  async mintLink(ask: MintAsk): Promise<MintedLink | Refusal> {
    const description = this.describe(ask.workspace);
    if (isRefusal(description) || this.#owner === undefined) return refuse("sandbox_not_found");
    const { revision } = this.#owner.keys;
    const claims: LinkClaims = {
      sandboxId: description.id,
      port: ask.port,
      expiresAt: Math.floor(Date.now() / 1000) + ask.ttlS,
      keyVersion: versionOf(revision),
      restricted: ask.paths !== undefined,
    };
    const { linkMaskKey } = await edgeFor(this.env);
    const token = await mintLinkToken(claims, await this.#key(revision), linkMaskKey);
    if (ask.paths !== undefined) {
      const link = await decodeLinkToken(token, linkMaskKey);
      if (!isRefusal(link)) this.#links.restrict(link, ask.paths, Date.now());
    }
    return { token, expiresAt: claims.expiresAt };
  }

  override async alarm(): Promise<void> {
    if (this.#route !== undefined) return this.#deliverRevocations();
    const forgetAtMs = this.ctx.storage.kv.get<number>("forgetAtMs");
    if (forgetAtMs === undefined) return;
    if (Date.now() >= forgetAtMs) await this.#forget();
    else await this.ctx.storage.setAlarm(forgetAtMs);
  }

  /** Only once it has an owner: an object that somebody merely asks for must not come to exist. */
  #prepare(): void {
    this.#links.prepare();
    this.#outbox.prepare();
  }

  /** Tells the host what was withdrawn, and again later if it does not hear; a guest that is gone has nothing open. */
  async #deliverRevocations(): Promise<void> {
    const route = this.#route;
    if (route === undefined || this.#id === undefined) return;
    const { passes } = await edgeFor(this.env);
    const retryAfterMs = await this.#outbox.deliver(this.#id, route, passes, Date.now());
    if (retryAfterMs === undefined || this.#route?.generation !== route.generation) return;
    await this.ctx.storage.setAlarm(Date.now() + retryAfterMs);
  }

  /** Every link has expired since the sandbox ended; nobody asks about it any more. */
  async #forget(): Promise<void> {
    await this.ctx.storage.deleteAll();
    this.#id = undefined;
    this.#owner = undefined;
    this.#ended = [];
    this.#keys.clear();
  }

  async #verifyLink(
    link: UnverifiedLink,
    nowMs: number,
  ): Promise<{ claims: LinkClaims; paths?: readonly string[] } | Refusal> {
    const owner = this.#owner;
    const { keyVersion } = link.claims;
    const revision = owner === undefined ? undefined : findRevision(owner.keys, keyVersion, nowMs);
    const key = revision === undefined ? undefined : await this.#key(revision);
    const claims = await verifyLinkToken(link, key, nowMs);
    if (isRefusal(claims)) return claims;
    return this.#links.check(link);
  }

  async #key(revision: number): Promise<CryptoKey> {
    const known = this.#keys.get(revision);
    if (known !== undefined) return known;
    const workspace = this.#owner?.workspace ?? "";
    const { settings } = await edgeFor(this.env);
    const key = await deriveWorkspaceKey(settings.linkSecret, workspace, revision);
    if (this.#owner?.workspace === workspace) this.#keys.set(revision, key);
    return key;
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

  /** Whichever way new keys arrive, the host hears which versions hold: links of the others are cut. */
  #setOwner(owner: Owner): void {
    const formerRevision = this.#owner?.keys.revision ?? owner.keys.revision;
    this.#owner = owner;
    this.ctx.storage.kv.put("owner", owner);
    if (owner.keys.revision === formerRevision || this.#route === undefined) return;
    const nowMs = Date.now();
    const keyVersions = validVersions(owner.keys, nowMs);
    this.#outbox.add({ keyVersions, untilMs: nowMs + MAX_LINK_LIFETIME_MS });
    this.ctx.waitUntil(this.#deliverRevocations());
  }

  #setHost(host: HostState | undefined): void {
    if (this.#host?.down === host?.down && this.#host?.revision === host?.revision) return;
    this.#host = host;
    if (host === undefined) this.ctx.storage.kv.delete("host");
    else this.ctx.storage.kv.put("host", host);
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
