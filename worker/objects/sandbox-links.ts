import { BoundedMap } from "../../shared/bounded-map.ts";
import { linkId } from "../../shared/link/link-id.ts";
import { linkName } from "../../shared/link/link-name.ts";
import type { LinkClaims, LinkSecretSlot, UnverifiedLink } from "../../shared/link/link-token.ts";
import {
  decodeLinkToken,
  deriveWorkspaceKey,
  MAX_LINK_LIFETIME_MS,
  mintLinkToken,
  verifyLinkToken,
} from "../../shared/link/link-token.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../shared/refusal/refusal.ts";
import { credentialsFor } from "../credentials.ts";
import type { Environment } from "../environment.ts";
import type { AuditActor } from "./audit/audit-trail.ts";
import type { VerifiedLink } from "./link-ledger.ts";
import { LinkLedger } from "./link-ledger.ts";
import type { MintedLink, Owner } from "./messages.ts";
import { RevocationOutbox } from "./revocation-outbox.ts";
import type { Route } from "./route.ts";
import type { ListedLink } from "./sandbox/listed-links.ts";
import { ListedLinks } from "./sandbox/listed-links.ts";
import { findRevision, validVersions, versionOf } from "./signing-keys.ts";

/** Revisions of a workspace that can be valid at the same time, for two secrets. */
const MAX_KEYS = 64;

export interface LinkOrder {
  readonly sandboxId: string;
  readonly port: number;
  readonly ttlS: number;
  readonly paths?: readonly string[];
  readonly embed?: readonly string[];
  readonly label?: string;
  readonly createdBy?: AuditActor;
}

export interface RevocationOrder {
  /** Its token, or the id of one that is listed. */
  readonly token: string;
  readonly sandboxId: string;
  isRunning(): boolean;
}

/** One sandbox's links: verifies, mints and revokes them, and has the host cut what is open under revoked ones. */
export class SandboxLinks {
  readonly #environment: Environment;
  readonly #ledger: LinkLedger;
  readonly #listed: ListedLinks;
  readonly #outbox: RevocationOutbox;
  /** Derived keys by workspace and revision. */
  readonly #keys = new BoundedMap<string, CryptoKey>(MAX_KEYS);

  constructor(storage: Pick<DurableObjectStorage, "sql" | "kv">, environment: Environment) {
    this.#environment = environment;
    this.#ledger = new LinkLedger(storage.sql);
    this.#listed = new ListedLinks(storage.sql);
    this.#outbox = new RevocationOutbox(storage);
  }

  /** Whether the host has yet to cut everything that is open, or to admit again. */
  get isSuspensionPending(): boolean {
    return this.#outbox.isAllPending;
  }

  /** The storage is empty by then. */
  forget(): void {
    this.#ledger.forget();
    this.#listed.forget();
    this.#outbox.forget();
  }

  /** @param owner of the sandbox; without one no link is valid */
  async verify(
    link: UnverifiedLink,
    owner: Owner | undefined,
    nowMs: number,
  ): Promise<VerifiedLink | Refusal> {
    const claims = await verifyLinkToken(link, await this.#findKey(link, owner, nowMs), nowMs);
    return isRefusal(claims) ? claims : this.#ledger.check(link);
  }

  async mint(order: LinkOrder, owner: Owner, nowMs: number): Promise<MintedLink> {
    const { sandboxId, port, ttlS, paths, embed } = order;
    const restricted = paths !== undefined || embed !== undefined;
    const { revision } = owner.keys;
    const claims: LinkClaims = {
      sandboxId,
      port,
      expiresAtMs: (Math.floor(nowMs / 1000) + ttlS) * 1000,
      keyVersion: versionOf(revision),
      restricted,
    };
    const { linkMasks } = await credentialsFor(this.#environment);
    const [mask] = linkMasks;
    const token = await mintLinkToken(claims, await this.#key(owner.workspace, revision, mask.slot), mask);
    const link = await decodeLinkToken(token, linkMasks);
    if (isRefusal(link)) throw new Error("a token that was just minted does not decode");
    if (restricted) this.#ledger.restrict(link, { paths, embed }, nowMs);
    const id = await linkId(link);
    this.#listed.add(linkName(link), describeLink(id, order, claims.expiresAtMs, nowMs), nowMs);
    return { token, id, expiresAtMs: claims.expiresAtMs };
  }

  /** Those of which something is known besides their tokens, the newest first. */
  list(nowMs: number): ListedLink[] {
    return this.#listed.list(nowMs);
  }

  noteUse(link: UnverifiedLink, nowMs: number): void {
    this.#listed.noteUse(linkName(link), nowMs);
  }

  /**
   * Revokes a link, whether or not it was restricted. Does nothing to one that has expired.
   *
   * @param order `sandboxId` is the sandbox that the link must open; `isRunning` is asked at the end whether there is
   *   a host that must cut what is open, by `deliver`
   * @returns `not_found` for what is no link of this sandbox
   */
  async revoke(order: RevocationOrder, owner: Owner, nowMs: number): Promise<Refusal | undefined> {
    const { token, sandboxId, isRunning } = order;
    const listed = this.#listed.find(token);
    if (listed !== undefined) {
      this.#cut(listed.name, token, listed.expiresAtMs, isRunning(), nowMs);
      return undefined;
    }
    const { linkMasks } = await credentialsFor(this.#environment);
    const link = await decodeLinkToken(token, linkMasks);
    if (isRefusal(link)) return refuse("not_found");
    if (link.claims.sandboxId !== sandboxId) return refuse("not_found");
    const verified = await this.verify(link, owner, nowMs);
    if (isRefusal(verified)) return verified.code === "link_invalid" ? refuse("not_found") : undefined;
    const id = await linkId(link);
    this.#cut(linkName(link), id, link.claims.expiresAtMs, isRunning(), nowMs);
    return undefined;
  }

  #cut(name: string, id: string, expiresAtMs: number, isRunning: boolean, nowMs: number): void {
    this.#ledger.revoke(name, expiresAtMs);
    this.#ledger.forgetExpired(nowMs);
    this.#listed.remove(name);
    if (isRunning) this.#outbox.add({ link: id, untilMs: expiresAtMs });
  }

  /** Has the host cut what is open under keys that do not hold any more, by `deliver`. */
  cutKeys(owner: Owner, nowMs: number): void {
    const keyVersions = validVersions(owner.keys, nowMs);
    this.#outbox.add({ keyVersions, untilMs: nowMs + MAX_LINK_LIFETIME_MS });
  }

  /** Has the host cut everything that is open, by `deliver`; or admit again, once that is over. */
  setSuspended(suspended: boolean, nowMs: number): void {
    this.#outbox.setAll(suspended, nowMs);
  }

  /**
   * Sends the host what was revoked.
   *
   * @returns after how many milliseconds to try again; `undefined` where nothing is left
   */
  async deliver(sandboxId: string, route: Route, nowMs: number): Promise<number | undefined> {
    const { passes } = await credentialsFor(this.#environment);
    return this.#outbox.deliver(sandboxId, route, passes, nowMs);
  }

  /** The guest has ended, and its connections with it: there is nothing to cut. */
  clearDeliveries(): void {
    this.#outbox.clear();
  }

  async #findKey(
    { claims: { keyVersion }, slot }: UnverifiedLink,
    owner: Owner | undefined,
    nowMs: number,
  ): Promise<CryptoKey | undefined> {
    if (owner === undefined) return undefined;
    const revision = findRevision(owner.keys, keyVersion, nowMs);
    return revision === undefined ? undefined : this.#key(owner.workspace, revision, slot);
  }

  /** @throws {RangeError} where no secret of that slot is in use: `decodeLinkToken` has refused such a link */
  async #key(workspace: string, revision: number, slot: LinkSecretSlot): Promise<CryptoKey> {
    const name = `${slot} ${revision} ${workspace}`;
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const { settings } = await credentialsFor(this.#environment);
    const secret = settings.linkSecrets.find((each) => each.slot === slot);
    if (secret === undefined) throw new RangeError(`there is no link secret of slot ${slot}`);
    const key = await deriveWorkspaceKey(secret.bytes, workspace, revision);
    this.#keys.set(name, key);
    return key;
  }
}

function describeLink(id: string, order: LinkOrder, expiresAtMs: number, nowMs: number): ListedLink {
  const { port, label = "", paths, embed, createdBy = { kind: "admin" } } = order;
  const terms = { ...(paths !== undefined && { paths }), ...(embed !== undefined && { embed }) };
  return { id, port, label, ...terms, createdBy, createdAtMs: nowMs, expiresAtMs };
}
