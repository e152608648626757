import { DurableObject } from "cloudflare:workers";
import type { Generation } from "../../shared/generation.ts";
import { linkName } from "../../shared/link/link-name.ts";
import { MAX_LINK_LIFETIME_MS } from "../../shared/link/link-token.ts";
import { MAX_PORTS_PER_SANDBOX } from "../../shared/port.ts";
import type { MachineSize } from "../../shared/protocol/machine-size.ts";
import type { PassTerms } from "../../shared/protocol/pass.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { isRefusal, REFUSALS, refuse } from "../../shared/refusal/refusal.ts";
import { credentialsFor } from "../credentials.ts";
import type { Environment } from "../environment.ts";
import type { PortCapture, PortSettings, SandboxDefaults } from "./access/access-state.ts";
import type { AccessDescription, PortDescription } from "./access/describe-port.ts";
import { describeAccess, describePort } from "./access/describe-port.ts";
import { SandboxAccess } from "./access/sandbox-access.ts";
import { describeMove } from "./audit/describe-move.ts";
import { recordChange } from "./audit/record-change.ts";
import type {
  Admission,
  AdmitAsk,
  AttachOffer,
  Denial,
  HostState,
  LimitChange,
  MintAsk,
  MintedLink,
  Owner,
  SandboxDescription,
  SandboxObject,
  SandboxOwner,
  SandboxUsage,
  WorkspaceState,
} from "./messages.ts";
import type { LimitStore } from "./org-limit.ts";
import { OrgLimit } from "./org-limit.ts";
import type { EndedGeneration, HostStart } from "./route.ts";
import { addFormerEnded, checkAttach, rememberEnded } from "./route.ts";
import type { ListedLink } from "./sandbox/listed-links.ts";
import type { SandboxState } from "./sandbox/sandbox-state.ts";
import { StoredSandboxState } from "./sandbox/sandbox-state.ts";
import { SandboxLinks } from "./sandbox-links.ts";
import { storedMark } from "./stored-mark.ts";
import type { Suspension, SuspensionOutcome } from "./suspension/suspension.ts";
import { Suspensions } from "./suspension/suspensions.ts";
import { RefusedRequests } from "./usage/refused-requests.ts";
import { RequestLimits } from "./visits/request-limits.ts";

/** How long an isolate may repeat the refusal of a link. */
const LINK_REFUSAL_MEMORY_MS = 5_000;

/** How long an isolate may repeat the refusal of a suspended sandbox, for all of its hostnames. */
const SUSPENDED_MEMORY_MS = 5_000;

/** Longer than one call to the host may take. */
const DELIVERY_RETRY_MS = 5_000;

/** While its host is silent, a sandbox's visitors are refused without a fetch. */
const HOST_DOWN_RETRY_MS = 5_000;

const SUSPENDED = REFUSALS.suspended.detail;

const NOT_FOUND: Denial = { refusal: refuse("sandbox_not_found"), rememberMs: 0 };

const PORT_OFF: Denial = { refusal: refuse("port_off"), rememberMs: LINK_REFUSAL_MEMORY_MS };

const HOST_DOWN: Denial = {
  refusal: refuse("host_unreachable", { retryAfterS: HOST_DOWN_RETRY_MS / 1000 }),
  rememberMs: HOST_DOWN_RETRY_MS,
};

/** A day after the last link of an ended sandbox has expired, nothing about the sandbox is needed. */
const FORGET_AFTER_MS = MAX_LINK_LIFETIME_MS + 24 * 3600 * 1000;

/**
 * One sandbox: its route, its links and its rate buckets. The one authority on whether a request may pass.
 *
 * Storage: `state`, `arrivalMark`, `suspension`, `inheritedSuspension`, `pendingAll`; links, and revocations that the
 * host has yet to apply, in tables that most sandboxes never need.
 */
export class Sandbox extends DurableObject<Environment> implements SandboxObject {
  readonly #state = new StoredSandboxState(this.ctx.storage.kv);
  readonly #limits = new RequestLimits(storedMark(this.ctx.storage), Date.now());
  readonly #links = new SandboxLinks(this.ctx.storage, this.env);
  readonly #suspensions = new Suspensions(this.ctx.storage.kv);
  readonly #refused = new RefusedRequests();
  readonly #access = new SandboxAccess(this.#state);
  readonly #limit = new OrgLimit(this.env.POLICY, limitIn(this.#state));
  /** What the workspace sent while the first attach was on its way, which carries an older state. */
  #earlyState: WorkspaceState | undefined;

  get #now(): SandboxState {
    return this.#state.current;
  }

  async admit(ask: AdmitAsk): Promise<Admission | Denial> {
    const nowMs = Date.now();
    const link = ask.link && (await this.#links.verify(ask.link, this.#now.owner, nowMs));
    if (isRefusal(link)) return { refusal: link, rememberMs: LINK_REFUSAL_MEMORY_MS };
    // Before everything that shows that the sandbox exists.
    const access = this.#access.current;
    if (link === undefined && access.of(ask.port) !== "public") return NOT_FOUND;
    if (this.#suspensions.own !== undefined) return this.#denySuspended();
    const { route, owner, host } = this.#now;
    if (route === undefined || owner === undefined) return NOT_FOUND;
    if (this.#suspensions.current !== undefined) return this.#denySuspended();
    if (access.of(ask.port) === "off") return PORT_OFF;
    if (host?.down) return HOST_DOWN;

    const limit = this.#limit.share()?.limit ?? (await this.#limit.read(owner.org));
    const bucket = ask.link === undefined ? String(ask.port) : linkName(ask.link);
    const grant = this.#limits.admit(bucket, ask, limit, nowMs);
    const refused = (ask.refused ?? 0) + ("refusal" in grant ? 1 : 0);
    if (refused > 0) this.#refused.add(ask.port, refused, nowMs);
    if ("refusal" in grant) return grant.forSandbox ? this.#forSandbox(grant) : grant;
    if (ask.link !== undefined) this.#links.noteUse(ask.link, nowMs);
    const terms = access.termsOf(ask.port, link !== undefined);
    return {
      hostId: route.hostId,
      origin: route.origin,
      generation: route.generation,
      ...(link !== undefined && { expiresAtMs: link.claims.expiresAtMs }),
      ...(link?.paths !== undefined && { paths: link.paths }),
      ...(link?.embed !== undefined && { embed: link.embed }),
      ...(terms !== undefined && { terms }),
      ...grant,
    };
  }

  attach(id: string, offer: AttachOffer): Refusal | undefined {
    const { route, owner } = this.#now;
    const ended = this.#endedWith(offer);
    const late = checkAttach(route, ended, offer);
    if (late !== undefined) return late;
    if (owner !== undefined && owner.workspace !== offer.owner.workspace) return refuse("forbidden");
    this.#state.together(() => {
      this.#state.change({ ended });
      this.#start(id, offer);
    });
    return undefined;
  }

  /** Those that this object remembers, and the one that the workspace does. */
  #endedWith({ ended: generation, hostId }: AttachOffer): readonly EndedGeneration[] {
    const { ended } = this.#now;
    return generation === undefined ? ended : addFormerEnded(ended, { generation, hostId });
  }

  #start(
    id: string,
    { owner: offered, limit, suspension, workspaceAccess, access, ended: _, ...start }: AttachOffer,
  ): void {
    const { route, owner, host } = this.#now;
    const formerAccess = this.#access.current;
    if (route !== undefined && route.hostId !== start.hostId)
      this.#reportMove(id, offered.workspace, route.hostId, start.hostId);
    if (route?.generation !== start.generation) {
      if (route !== undefined) this.#rememberEnd(route);
      this.#links.clearDeliveries();
    }
    this.#state.change({
      id,
      route: { ...start, attachedAtMs: Date.now() },
      host: route?.hostId === start.hostId && host !== undefined ? { ...host, down: false } : undefined,
      forgetAtMs: undefined,
    });
    this.#setOwner(owner !== undefined && isNewer(owner, offered) ? owner : offered);
    if (limit !== undefined) this.#limit.adopt(limit);
    if (suspension !== undefined && this.#suspensions.inherit(suspension)) this.#sendSuspension();
    if (this.#access.attach(formerAccess, access, workspaceAccess, Date.now()))
      this.ctx.waitUntil(this.#deliverSurely());
    if (this.#earlyState !== undefined) this.applyWorkspaceState(this.#earlyState);
    this.#earlyState = undefined;
  }

  async detach(hostId: string, generation: Generation): Promise<boolean> {
    const { owner, route } = this.#now;
    if (route !== undefined && route.generation === generation && route.hostId !== hostId) return false;
    const isCurrent = route?.generation === generation;
    if (isCurrent && !this.#mustBeRemembered()) {
      await this.#forget();
      return true;
    }
    this.#state.together(() => {
      this.#rememberEnd({ hostId, generation });
      if (isCurrent) this.#stop();
      // The attach may be on its way.
      else if (owner === undefined) void this.#forgetLater();
    });
    return isCurrent;
  }

  /**
   * Whether something about the sandbox holds beyond its end: its links, also those that were revoked; a suspension of
   * its own; who may visit its ports; generations that ended before; or a spent limit. That its last generation has ended, its workspace
   * remembers.
   */
  #mustBeRemembered(): boolean {
    const { linked, ended, access } = this.#now;
    return (
      linked ||
      ended.length > 0 ||
      access !== undefined ||
      this.#suspensions.own !== undefined ||
      this.#links.isSuspensionPending ||
      !this.#limits.isFull(Date.now())
    );
  }

  #stop(): void {
    this.#state.change({ route: undefined, host: undefined });
    this.#links.clearDeliveries();
    void this.#forgetLater();
  }

  reportPorts(
    hostId: string,
    generation: Generation,
    ports: readonly number[],
    workspaces?: readonly string[],
    loopbackPorts: readonly number[] = [],
  ): Refusal | undefined {
    const { route, owner } = this.#now;
    if (route?.hostId !== hostId || route.generation !== generation) return refuse("conflict");
    if (workspaces !== undefined && !workspaces.includes(owner?.workspace ?? "")) return refuse("forbidden");
    const formerAccess = this.#access.current;
    this.#state.together(() => {
      this.#state.change({
        route: { ...route, ports: ports.slice(0, MAX_PORTS_PER_SANDBOX), loopbackPorts },
      });
      if (this.#access.noteOpenPorts(formerAccess, Date.now())) this.ctx.waitUntil(this.#deliverSurely());
    });
    return undefined;
  }

  applyHostState({ hostId, revision, down, origin }: HostState): void {
    const { route, host } = this.#now;
    if (route?.hostId !== hostId || revision < (host?.revision ?? 0)) return;
    if (host?.down === down && host.revision === revision && route.origin === origin) return;
    this.#state.change({ host: { revision, down }, route: { ...route, origin } });
  }

  applyWorkspaceState(state: WorkspaceState): void {
    const { owner } = this.#now;
    if (owner === undefined) this.#earlyState = state;
    if (owner?.workspace !== state.workspace) return;
    const { keys, limit, suspension, workspaceAccess } = state;
    if (limit !== undefined) this.#limit.adopt(limit);
    if (keys.revision > owner.keys.revision) this.#setOwner({ ...owner, keys });
    if (suspension !== undefined && this.#suspensions.inherit(suspension)) this.#sendSuspension();
    if (workspaceAccess !== undefined && this.#access.inherit(workspaceAccess, Date.now()))
      this.ctx.waitUntil(this.#deliverSurely());
  }

  readOwner(): SandboxOwner | undefined {
    const { owner } = this.#now;
    return owner && { workspace: owner.workspace, org: owner.org };
  }

  async suspend(suspension: Suspension | undefined): Promise<SuspensionOutcome | Refusal> {
    const { owner } = this.#now;
    if (owner === undefined) return refuse("sandbox_not_found");
    if (this.#suspensions.setOwn(suspension)) this.#sendSuspension();
    const { own } = this.#suspensions;
    return { workspace: owner.workspace, ...(own && { suspension: own }) };
  }

  setTemplate(template: string, size?: MachineSize): void {
    if (this.#now.route !== undefined) this.#state.change({ template, size });
  }

  describe(workspace: string): SandboxDescription | Refusal {
    const { id, route, owner, host, template, size } = this.#now;
    if (route === undefined || owner?.workspace !== workspace || id === undefined)
      return refuse("sandbox_not_found");
    const { hostId, generation, ports, attachedAtMs } = route;
    const masks = this.#access.current.listMasks();
    return {
      id,
      workspace,
      hostId,
      generation,
      ports,
      attachedAtMs,
      hostDown: host?.down ?? false,
      suspended: this.#suspensions.current !== undefined,
      ...(template !== undefined && { template }),
      ...(size !== undefined && { size }),
      ...(masks.length > 0 && { masks }),
    };
  }

  describePorts(workspace: string): PortDescription[] | Refusal {
    const description = this.describe(workspace);
    if (isRefusal(description)) return description;
    const access = this.#access.current;
    return access.list().map(({ port, listening }) => describePort(access, port, listening));
  }

  /** Also while the sandbox is stopped, as all changes of access: they hold when it starts. */
  async setPort(workspace: string, port: number, change: PortSettings): Promise<PortDescription | Refusal> {
    if (this.#now.owner?.workspace !== workspace) return refuse("sandbox_not_found");
    const mustSend = this.#access.setPort(port, change, Date.now());
    if (isRefusal(mustSend)) return mustSend;
    if (mustSend) await this.#deliverSurely();
    return describePort(this.#access.current, port, this.#now.route?.ports.includes(port) ?? false);
  }

  async resetPort(workspace: string, port: number): Promise<Refusal | undefined> {
    if (this.#now.owner?.workspace !== workspace) return refuse("sandbox_not_found");
    if (this.#access.resetPort(port, Date.now())) await this.#deliverSurely();
    return undefined;
  }

  /** Also while the sandbox is stopped, as other settings. */
  setCapture(
    workspace: string,
    port: number,
    change: Partial<PortCapture> | undefined,
  ): PortCapture | undefined | Refusal {
    if (this.#now.owner?.workspace !== workspace) return refuse("sandbox_not_found");
    const refusal = this.#access.setCapture(port, change, Date.now());
    return refusal ?? this.#access.current.settingsOf(port).capture;
  }

  readUsage(workspace: string): SandboxUsage | Refusal {
    const { route, owner } = this.#now;
    if (route === undefined || owner?.workspace !== workspace) return refuse("sandbox_not_found");
    return { hostId: route.hostId, refused: this.#refused.list(Date.now()) };
  }

  describeReplay(workspace: string, port: number): { readonly terms?: PassTerms } | Refusal {
    if (this.#now.owner?.workspace !== workspace || this.#now.route === undefined)
      return refuse("sandbox_not_found");
    if (this.#suspensions.current !== undefined) return refuse("suspended");
    const access = this.#access.current;
    if (access.of(port) === "off") return refuse("port_off");
    const terms = access.termsOf(port, true);
    return terms === undefined ? {} : { terms };
  }

  readAccess(workspace: string): AccessDescription | Refusal {
    if (this.#now.owner?.workspace !== workspace) return refuse("sandbox_not_found");
    return describeAccess(this.#access.current);
  }

  async setAccess(
    workspace: string,
    change: SandboxDefaults | undefined,
  ): Promise<AccessDescription | Refusal> {
    if (this.#now.owner?.workspace !== workspace) return refuse("sandbox_not_found");
    const nowMs = Date.now();
    const mustSend =
      change === undefined ? this.#access.resetDefaults(nowMs) : this.#access.setDefaults(change, nowMs);
    if (mustSend) await this.#deliverSurely();
    return describeAccess(this.#access.current);
  }

  async mintLink({ workspace, ...ask }: MintAsk): Promise<MintedLink | Refusal> {
    const description = this.describe(workspace);
    const { owner } = this.#now;
    if (isRefusal(description) || owner === undefined) return refuse("sandbox_not_found");
    // Before there is a link: otherwise one could be there that this object does not know of.
    if (!this.#now.linked) this.#state.change({ linked: true });
    return this.#links.mint({ ...ask, sandboxId: description.id }, owner, Date.now());
  }

  listLinks(workspace: string): ListedLink[] | Refusal {
    if (this.#now.owner?.workspace !== workspace) return refuse("sandbox_not_found");
    return this.#now.linked ? this.#links.list(Date.now()) : [];
  }

  /** Also while the sandbox is stopped: its links hold again when it starts. */
  async revokeLink(workspace: string, token: string): Promise<Refusal | undefined> {
    const { id, owner } = this.#now;
    if (owner?.workspace !== workspace || id === undefined) return refuse("sandbox_not_found");
    const order = { token, sandboxId: id, isRunning: () => this.#now.route !== undefined };
    const refusal = await this.#links.revoke(order, owner, Date.now());
    if (refusal === undefined) await this.#deliverRevocations();
    return refusal;
  }

  override async alarm(): Promise<void> {
    const { route, forgetAtMs } = this.#now;
    if (route !== undefined) {
      await this.#deliverRevocations();
      return;
    }
    if (forgetAtMs === undefined) return;
    if (Date.now() >= forgetAtMs) await this.#forget();
    else await this.ctx.storage.setAlarm(forgetAtMs);
  }

  /**
   * Sends the host what was revoked, and who may visit which port; again later if the host does not respond.
   *
   * @returns whether that guest's host has applied all of it
   */
  async #deliverRevocations(): Promise<boolean> {
    const { id, route } = this.#now;
    if (route === undefined || id === undefined) return false;
    const { passes } = await credentialsFor(this.env);
    const [linksAfterMs, accessAfterMs] = await Promise.all([
      this.#links.deliver(id, route, Date.now()),
      this.#access.deliver(id, route, passes, Date.now()),
    ]);
    const retryAfterMs = earlier(linksAfterMs, accessAfterMs);
    if (this.#now.route?.generation !== route.generation) return false;
    if (retryAfterMs === undefined) return true;
    await this.ctx.storage.setAlarm(Date.now() + retryAfterMs);
    return false;
  }

  /** Nothing about it is needed any more. Its own suspension holds for whatever starts under its id. */
  async #forget(): Promise<void> {
    if (this.#suspensions.own !== undefined) return this.#forgetLater();
    await this.ctx.storage.deleteAll();
    this.#state.forget();
    this.#limit.forget();
    this.#earlyState = undefined;
    this.#links.forget();
    this.#suspensions.forget();
  }

  async #forgetLater(): Promise<void> {
    const forgetAtMs = Date.now() + FORGET_AFTER_MS;
    this.#state.change({ forgetAtMs });
    await this.ctx.storage.setAlarm(forgetAtMs);
  }

  /** To the host, which cuts what is open, or admits again. Whatever arrives here is refused by then. */
  #sendSuspension(): void {
    if (this.#now.route === undefined) return;
    this.#links.setSuspended(this.#suspensions.current !== undefined, Date.now());
    this.ctx.waitUntil(this.#deliverSurely());
  }

  /** The alarm is in case the object ends before the host has responded. */
  async #deliverSurely(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + DELIVERY_RETRY_MS);
    if (await this.#deliverRevocations()) await this.ctx.storage.deleteAlarm();
  }

  async #denySuspended(): Promise<Denial> {
    const { settings } = await credentialsFor(this.env);
    const contact = settings.abuseContact;
    const facts = contact === undefined ? {} : { contact, detail: `${SUSPENDED} Contact: ${contact}` };
    return this.#forSandbox({ refusal: refuse("suspended", facts), rememberMs: SUSPENDED_MEMORY_MS });
  }

  /** For all hostnames of the sandbox, except those that must not show that it exists. */
  #forSandbox(denial: Denial): Denial {
    const { publicPorts } = this.#access.current;
    return { ...denial, forSandbox: true, ...(publicPorts !== undefined && { publicPorts }) };
  }

  /** A host can take over a sandbox whose id and workspace it knows: the owner must be able to see that. */
  #reportMove(sandboxId: string, workspace: string, from: string, to: string): void {
    console.log({ event: "sandbox_moved", sandbox: sandboxId, workspace, from, to });
    const entry = describeMove({ sandboxId, from, to }, Date.now());
    this.ctx.waitUntil(recordChange(this.env, workspace, entry));
  }

  /** By whichever call new keys arrive, the host gets the versions that hold, and cuts the links of the others. */
  #setOwner(owner: Owner): void {
    const { owner: former, route } = this.#now;
    const formerRevision = former?.keys.revision ?? owner.keys.revision;
    this.#state.change({ owner });
    if (owner.keys.revision === formerRevision || route === undefined) return;
    this.#links.cutKeys(owner, Date.now());
    this.ctx.waitUntil(this.#deliverRevocations());
  }

  #rememberEnd({ hostId, generation }: HostStart): void {
    this.#state.change({ ended: rememberEnded(this.#now.ended, { generation, hostId }) });
  }
}

function earlier(oneMs: number | undefined, otherMs: number | undefined): number | undefined {
  return oneMs === undefined || otherMs === undefined ? (oneMs ?? otherMs) : Math.min(oneMs, otherMs);
}

/** The limit as a part of the state. */
function limitIn(state: StoredSandboxState): LimitStore {
  return {
    read: () => state.current.limit,
    write(limit: LimitChange) {
      // A limit may be read from KV while the sandbox is forgotten.
      if (state.current.owner !== undefined) state.change({ limit });
    },
  };
}

/** Keys may be rotated between an attach's call to the workspace and its call to the sandbox. */
function isNewer(known: Owner, offered: Owner): boolean {
  return known.keys.revision > offered.keys.revision;
}
