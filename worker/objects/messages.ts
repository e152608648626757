import type { Access, PublicPorts } from "../../shared/access.ts";
import type { Generation } from "../../shared/generation.ts";
import type { RateLimitCeiling, StoredPreviewLimit } from "../../shared/limit/preview-limit.ts";
import type { Quota } from "../../shared/limit/rate-limit-fields.ts";
import type { UnverifiedLink } from "../../shared/link/link-token.ts";
import type { GuestChanges, GuestStart } from "../../shared/protocol/host-api.ts";
import type { HostCaller, HostPublicKey } from "../../shared/protocol/host-token.ts";
import type { MachineSize } from "../../shared/protocol/machine-size.ts";
import type { PassTerms } from "../../shared/protocol/pass.ts";
import type { PortMask } from "../../shared/protocol/request-log.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import type { PortCapture, PortSettings, SandboxDefaults, WorkspaceAccess } from "./access/access-state.ts";
import type { AccessDescription, PortDescription } from "./access/describe-port.ts";
import type { AuditActor, AuditEntry, NumberedAuditEntry } from "./audit/audit-trail.ts";
import type { HeardInstance } from "./host/check-instance.ts";
import type { ListedLink } from "./sandbox/listed-links.ts";
import type { SigningKeys } from "./signing-keys.ts";
import type { Suspension, SuspensionOutcome, SuspensionState } from "./suspension/suspension.ts";
import type { RefusedCounts } from "./usage/refused-requests.ts";
import type { PageAsk, Share } from "./visits/page-ask.ts";

/**
 * What is said to and by the Durable Objects: the calls of each class, and what they carry. Values are copied on their
 * way (structured clone).
 */

/** One sandbox's object, named by the sandbox's id. */
export interface SandboxObject extends Rpc.DurableObjectBranded {
  /** Decides about the next requests for one preview hostname of this sandbox. */
  admit(ask: AdmitAsk): Promise<Admission | Denial>;
  /** @returns `conflict` for a generation that has ended or was overtaken, `forbidden` for another workspace's sandbox */
  attach(id: string, offer: AttachOffer): Refusal | undefined;
  /** Ends the route if it still is that host's generation. @returns whether there was one to end */
  detach(hostId: string, generation: Generation): Promise<boolean>;
  /**
   * @param workspaces the only ones whose sandboxes the host may report about
   * @returns `conflict` where that generation is not the current one, `forbidden` for another workspace's sandbox
   */
  reportPorts(
    hostId: string,
    generation: Generation,
    ports: readonly number[],
    workspaces?: readonly string[],
    loopbackPorts?: readonly number[],
  ): Refusal | undefined;
  /** The host is silent, is back, or has another address. */
  applyHostState(state: HostState): void;
  /** New signing keys, a changed limit or a suspension, from the workspace that owns the sandbox. */
  applyWorkspaceState(state: WorkspaceState): void;
  /** Records what the edge started the sandbox from, and the size of its machine where the launcher reports it. */
  setTemplate(template: string, size?: MachineSize): void;
  /** Who owns it, also while it is stopped; `undefined` where it is not known. */
  readOwner(): SandboxOwner | undefined;
  /**
   * Suspends the sandbox itself, or ends that.
   *
   * @returns `sandbox_not_found` where its owner is not known
   */
  suspend(suspension: Suspension | undefined): Promise<SuspensionOutcome | Refusal>;
  /** @returns `sandbox_not_found` for another workspace's sandbox, too */
  describe(workspace: string): SandboxDescription | Refusal;
  /** The ports that listen or have settings. @returns `sandbox_not_found` also while it is stopped */
  describePorts(workspace: string): PortDescription[] | Refusal;
  /** Changes a port's settings; members that are not named stay. @returns `conflict` for one port too many */
  setPort(workspace: string, port: number, change: PortSettings): Promise<PortDescription | Refusal>;
  resetPort(workspace: string, port: number): Promise<Refusal | undefined>;
  /** Its requests of the last hour that were over the limit. */
  readUsage(workspace: string): SandboxUsage | Refusal;
  /** How a request of the owner reaches the port now. @returns `sandbox_not_found`, `suspended`, `port_off` */
  describeReplay(workspace: string, port: number): { readonly terms?: PassTerms } | Refusal;
  /**
   * Changes what the host keeps of a port's requests.
   *
   * @param change members that are not named stay; `undefined` ends it
   * @returns what applies now, `undefined` where nothing is kept; `conflict` for one port too many
   */
  setCapture(
    workspace: string,
    port: number,
    change: Partial<PortCapture> | undefined,
  ): PortCapture | undefined | Refusal;
  readAccess(workspace: string): AccessDescription | Refusal;
  /** Changes what applies to all ports of which nothing else is said. @param change `undefined` resets it */
  setAccess(workspace: string, change: SandboxDefaults | undefined): Promise<AccessDescription | Refusal>;
  mintLink(ask: MintAsk): Promise<MintedLink | Refusal>;
  /** The links that are listed, the newest first. */
  listLinks(workspace: string): ListedLink[] | Refusal;
  /** Does nothing to a link that has expired. @param token or the id of a listed link @returns `not_found` for what is no link of this sandbox */
  revokeLink(workspace: string, token: string): Promise<Refusal | undefined>;
}

/** One workspace's object, named by the workspace's id. */
export interface WorkspaceObject extends Rpc.DurableObjectBranded {
  /** Creates the workspace, or does nothing if it is already that org's. */
  create(org: string): Refusal | undefined;
  readOrg(): string | undefined;
  /** Lists a sandbox as the workspace's, before its route exists. */
  addSandbox(id: string, sandboxId: string, generation: Generation): Promise<SandboxMembership | Refusal>;
  /** Takes a sandbox back whose attach was refused. Does nothing where a newer generation was added meanwhile. */
  removeSandbox(sandboxId: string, generation: Generation): void;
  /** A sandbox has ended, which is remembered for a while. Does nothing where a newer generation was added meanwhile. */
  endSandbox(sandboxId: string, generation: Generation): void;
  /** @param after an id, or "" for the first page */
  listSandboxes(after: string, limit: number): string[];
  /** Refuses an API token from now on, which KV may still return for a minute. */
  revokeToken(apiTokenId: string): void;
  /** Spends one of an API token's calls. @returns what is left of its limit, or `rate_limited` */
  admitCall(apiTokenId: string): Promise<Quota | Refusal>;
  /** Raises the key version; the old one verifies for an overlap, or not at all when it is cut. */
  rotateKeys(cutPrevious: boolean): Promise<SigningKeys | Refusal>;
  /** @returns `not_found` where the workspace is not that org's, `suspended`, or `undefined` where its org may act for it */
  checkAccess(org: string): Refusal | undefined;
  /** Suspends the workspace itself, or ends that. @returns `not_found` where there is no such workspace */
  suspend(suspension: Suspension | undefined): Promise<SuspensionOutcome | Refusal>;
  /** The org is suspended, or is no more; or its limit has changed. */
  applyOrgState(state: OrgState): Promise<void>;
  /** Changes who may visit its sandboxes' ports of which nothing else is said. @returns `not_found` */
  setAccess(access: Access | undefined): Promise<Refusal | undefined>;
  /** @returns `undefined` where nothing is said */
  readAccess(): Access | undefined;
  /** Adds a change to the last ones; does nothing where there is no such workspace. */
  recordChange(entry: AuditEntry): void;
  /** The last changes, newest first. @param before only those with a lower number */
  listChanges(before: number, limit: number): NumberedAuditEntry[];
}

/** One org's object, named by the org's id. */
export interface OrgObject extends Rpc.DurableObjectBranded {
  /** Creates the org, or changes what is named. @returns all of it */
  put(id: string, change: OrgChange): OrgRecord;
  read(): OrgRecord | undefined;
  /** Lists workspaces as the org's, so that they get its suspension. */
  addWorkspaces(workspaces: readonly string[]): void;
  listWorkspaces(limit: number): string[];
  /** Whether it is suspended, and its limit. */
  readState(): OrgState;
  /** Sends a changed limit to its workspaces, and they to their sandboxes; again later where one does not respond. */
  useRateLimit(limit: StoredPreviewLimit): Promise<void>;
  /** Changes the ports that are private while they are bound to loopback only. */
  setPrivatePorts(ports: readonly number[]): Promise<void>;
  listPrivatePorts(): readonly number[];
  /** Suspends the org, or ends that. @returns `not_found` where there is no such org */
  suspend(suspension: Suspension | undefined): Promise<SuspensionOutcome | Refusal>;
  /** Spends one of an org token's calls. @returns what is left of its limit, `suspended` or `rate_limited` */
  admitCall(tokenId: string): Promise<Quota | Refusal>;
  /** Refuses a token of the org from now on, which KV may still return for a minute. */
  revokeToken(tokenId: string): void;
}

/** One host's object, named by the host's id. */
export interface HostObject extends Rpc.DurableObjectBranded {
  /** Adds or replaces the record; guests of a host that has moved get its new address. */
  enrol(record: KnownHost): Promise<void>;
  /** From now on the host's calls are refused and no guest is added: what is left can be taken down. */
  retire(): Promise<void>;
  read(): KnownHost | undefined;
  /** The host, unless it is silent. */
  readReachable(): HostRecord | undefined;
  /**
   * Lists a guest as the host's, before its route exists. Does nothing where a newer generation is listed, or one of
   * another workspace.
   *
   * @returns `unauthorized` for a host that was removed, `forbidden` for a workspace that it may not serve, `host_full` beyond `MAX_GUESTS_PER_HOST`
   */
  addGuest(guest: HostGuest): Refusal | undefined;
  /** The guest, if that generation was announced. */
  findGuest(sandboxId: string, generation: Generation): HostGuest | undefined;
  /** @param lasting whether it stays removed where the object loses its memory: if not, the next heartbeat finds it */
  removeGuest(sandboxId: string, generation: Generation, lasting?: boolean): void;
  listGuests(limit?: number): HostGuest[];
  /** Guests of workspaces that the host may not serve any more. */
  listForeignGuests(limit: number): HostGuest[];
  /** Lets the host enrol itself once with that token; a former token is not accepted any more. */
  offerEnrolment(offer: EnrolmentOffer): Promise<void>;
  /**
   * Enrols the host, and uses the token up.
   *
   * @returns `unauthorized` for any other token, `conflict` where another key is enrolled and is not to be replaced
   */
  enrolByToken(tokenSha256: string, change: EnrolmentChange): Promise<HostRecord | Refusal>;
  /**
   * Compares what the host says it has with what it announced.
   *
   * @param takenAtMs the host's clock when it took the list; a guest that started later is not missing from it
   * @param caller the connector that sends it; `conflict` where another one is in use
   * @returns guests that it no longer has, a part at a time, whose routes the caller takes down before it removes
   *   them, and the ids that it has to announce again
   */
  reconcile(
    guests: readonly GuestStart[],
    takenAtMs: number,
    caller?: HostCaller,
  ): Promise<Reconciliation | Refusal>;
  /**
   * The same for a host that says only what has changed. A method of its own: an object of the former release would take
   * the changes for all guests.
   */
  reconcileChanges(
    changes: GuestChanges,
    takenAtMs: number,
    caller: HostCaller,
  ): Promise<Reconciliation | Refusal>;
  /** Forgets the host. The caller has taken down its guests' routes. */
  remove(): Promise<void>;
}

/** What an isolate asks before it lets requests for one preview hostname pass. */
export interface AdmitAsk {
  readonly port: number;
  readonly link?: UnverifiedLink;
  /** Requests the response should cover, if the limit allows as many in one lease; without it as many as it allows. */
  readonly wanted?: number;
  /** Absent for a request that no page makes. */
  readonly page?: PageAsk;
  /** Requests that the isolate has refused by itself as over the limit since it asked last; absent for none. */
  readonly refused?: number;
}

/** What is counted of a sandbox at the edge, and the host that counts the rest. */
export interface SandboxUsage {
  readonly hostId: string;
  readonly refused: readonly RefusedCounts[];
}

/** The grant, and how many requests it covers. */
export interface Admission {
  readonly hostId: string;
  readonly origin: string;
  readonly generation: Generation;
  /** End of the grant, unix milliseconds; absent where it has none. */
  readonly expiresAtMs?: number;
  /** The only paths a restricted link opens. */
  readonly paths?: readonly string[];
  /** The origins that may embed a link's pages. */
  readonly embed?: readonly string[];
  /** What the pass says; absent where everything is as by default. */
  readonly terms?: PassTerms;
  /** Requests admitted, this one included; 0 where this one is paid for by the share. */
  readonly permits: number;
  /** The refusal once they are used up, where that is known already. */
  readonly afterwards?: Denial;
  /** A page's own requests may be admitted where others are refused: it can help to ask for a share. */
  readonly visits?: true;
  /** Of the visit that was asked about; where `permits` is 0, it includes this request. */
  readonly share?: Share;
}

/** A refusal, and how long the asker may repeat it without asking again. */
export interface Denial {
  readonly refusal: Refusal;
  readonly rememberMs: number;
  /** It holds for every hostname of the sandbox, not only for the one that was asked about. */
  readonly forSandbox?: true;
  /** As in `Admission`. */
  readonly visits?: true;
  readonly share?: Share;
  /** Of public hostnames, it holds only for those of these ports: the others must not show that the sandbox exists. */
  readonly publicPorts?: PublicPorts;
}

/** What a sandbox's object is told of a guest that its host attaches. */
export interface AttachOffer {
  readonly owner: Owner;
  /** Of the owner's org, as the workspace knows it. */
  readonly limit?: LimitChange;
  /** Of the workspace or its org. */
  readonly suspension?: SuspensionState;
  readonly workspaceAccess?: WorkspaceAccess;
  /** What the attach says about ports of which nothing else is said. */
  readonly access?: Access;
  /** The workspace remembers that this generation of the sandbox has ended, which its own object may have forgotten. */
  readonly ended?: Generation;
  readonly hostId: string;
  readonly origin: string;
  readonly generation: Generation;
  readonly ports: readonly number[];
  readonly loopbackPorts?: readonly number[];
}

/** Outlives the route, so that a stopped sandbox's links are still told from forged ones. */
export interface Owner {
  readonly workspace: string;
  readonly org: string;
  readonly keys: SigningKeys;
}

export type SandboxOwner = Pick<Owner, "workspace" | "org">;

/** What an attach takes from the workspace to the sandbox. */
export interface SandboxMembership {
  readonly owner: Owner;
  readonly limit?: LimitChange;
  readonly suspension?: SuspensionState;
  /** Absent where nothing was ever said about access. */
  readonly workspaceAccess?: WorkspaceAccess;
  /** Of the sandbox, the generation that was the last to end there, where that is remembered. */
  readonly ended?: Generation;
}

/** What an org's object hands down to its workspaces. */
export interface OrgState extends SuspensionState {
  /** Absent where it was never changed. */
  readonly limit?: LimitChange;
  /** Ports that are private while they are bound to loopback only; absent where they were never changed. */
  readonly privatePorts?: readonly number[];
}

/** An org's limit, and when it was changed. */
export interface LimitChange {
  readonly limit: StoredPreviewLimit;
  /** Unix milliseconds, 0 where it was read from KV: an older change does not undo a newer one. */
  readonly changedAtMs: number;
}

/** What a workspace sends its sandboxes when something changes. */
export interface WorkspaceState {
  readonly workspace: string;
  readonly keys: SigningKeys;
  readonly limit?: LimitChange;
  /** Absent from a workspace of the former release. */
  readonly suspension?: SuspensionState;
  /** Absent where nothing was ever said about access. */
  readonly workspaceAccess?: WorkspaceAccess;
}

/** What a host's object sends the sandboxes of its host when something changes. */
export interface HostState {
  readonly hostId: string;
  /** Grows with each change: an older state does not undo a newer one. */
  readonly revision: number;
  readonly down: boolean;
  readonly origin: string;
}

export interface SandboxDescription {
  readonly id: string;
  readonly workspace: string;
  readonly hostId: string;
  readonly generation: Generation;
  readonly ports: readonly number[];
  /** Unix milliseconds. */
  readonly attachedAtMs: number;
  /** Its host has been silent for too long. */
  readonly hostDown: boolean;
  /** It, its workspace or its org is suspended: it has no visitors. */
  readonly suspended: boolean;
  /** What it was started from, where the edge started it. */
  readonly template?: string;
  /** As its launcher reported it. */
  readonly size?: MachineSize;
  /** Fields of its ports that the request log masks beside those that it always does; absent where there are none. */
  readonly masks?: readonly PortMask[];
}

export interface MintAsk {
  readonly workspace: string;
  readonly port: number;
  readonly ttlS: number;
  readonly paths?: readonly string[];
  readonly embed?: readonly string[];
  readonly label?: string;
  readonly createdBy?: AuditActor;
}

export interface MintedLink {
  readonly token: string;
  /** By which it is listed and revoked; it does not open the link. */
  readonly id: string;
  /** Unix milliseconds, whole seconds. */
  readonly expiresAtMs: number;
}

export interface HostRecord {
  readonly id: string;
  /** Base URL of its connector, without a trailing slash. */
  readonly origin: string;
  /** With which the host signs its calls. */
  readonly publicKey: HostPublicKey;
  /** It can start and end sandboxes. */
  readonly launches: boolean;
  /** The only workspaces whose sandboxes it may announce; absent where it may announce all. */
  readonly workspaces?: readonly string[];
  /** Unix milliseconds. */
  readonly enrolledAtMs: number;
}

/** A one-time token with which a host may enrol itself. */
export interface EnrolmentOffer {
  readonly tokenSha256: string;
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
  /** As in the host's record; absent to keep those of a host that is enrolled already. */
  readonly workspaces?: readonly string[];
}

/** What a host registers about itself. */
export interface EnrolmentChange extends Pick<HostRecord, "id" | "origin" | "publicKey" | "launches"> {
  /** It may take the place of another key. */
  readonly replace: boolean;
}

export interface OrgRecord {
  readonly id: string;
  readonly name: string;
  /** The highest limit that the org's own tokens may set, in place of the deployment's. */
  readonly maxRateLimit?: RateLimitCeiling;
}

/** Members that are absent do not change. */
export interface OrgChange {
  readonly name?: string;
  /** `null`: the deployment's ceiling applies again. */
  readonly maxRateLimit?: RateLimitCeiling | null;
}

/** The record, and the connector of the host that was heard last. */
export interface KnownHost extends HostRecord {
  readonly heard?: HeardInstance;
}

/** How a host's list differs from what it announced. */
export interface Reconciliation {
  readonly gone: HostGuest[];
  readonly missing: string[];
  /** Of the host's list as it is now; absent where none is held. */
  readonly revision?: string;
  /** The list that was changed is not held: nothing was compared. */
  readonly resend?: true;
}

/** A guest that a host announced. */
export interface HostGuest extends GuestStart {
  readonly workspace: string;
}
