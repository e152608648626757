import { DurableObject } from "cloudflare:workers";
import type { Access } from "../../shared/access.ts";
import type { Generation } from "../../shared/generation.ts";
import type { Quota } from "../../shared/limit/rate-limit-fields.ts";
import { MAX_LINK_LIFETIME_MS } from "../../shared/link/link-token.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";
import type { Environment } from "../environment.ts";
import { WorkspaceDefaults } from "./access/workspace-defaults.ts";
import type { AuditEntry, NumberedAuditEntry } from "./audit/audit-trail.ts";
import { AuditTrail } from "./audit/audit-trail.ts";
import { ApiCalls } from "./callers/api-calls.ts";
import { RevokedTokens } from "./callers/revoked-tokens.ts";
import type { OrgState, SandboxMembership, WorkspaceObject, WorkspaceState } from "./messages.ts";
import { OrgLimit, storedLimit } from "./org-limit.ts";
import { PendingNotifications } from "./pending-notifications.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { FIRST_KEYS, rotate } from "./signing-keys.ts";
import type { Suspension, SuspensionOutcome, SuspensionState } from "./suspension/suspension.ts";
import { refuseCaller } from "./suspension/suspension.ts";
import { Suspensions } from "./suspension/suspensions.ts";
import { Members } from "./workspace/members.ts";

/** A rotated key verifies for as long as the longest link lives. */
const KEY_OVERLAP_MS = MAX_LINK_LIFETIME_MS;

/** Until a sandbox is notified again that could not be notified. */
const NOTIFY_AGAIN_MS = 1_000;

/**
 * One workspace: its org, its signing-key versions, which sandboxes it owns and who may visit them, whether it is
 * suspended, the last changes over the API, and its API tokens' buckets.
 *
 * It exists because KV is eventually consistent: an attach must see the workspace that was created a moment ago, and a
 * key that is cut must be cut now (docs/decisions/0002).
 */
export class Workspace extends DurableObject<Environment> implements WorkspaceObject {
  readonly #calls = new ApiCalls(this.ctx.storage, Date.now());
  readonly #revokedTokens = new RevokedTokens(this.ctx.storage.kv);
  readonly #suspensions = new Suspensions(this.ctx.storage.kv);
  readonly #access = new WorkspaceDefaults(this.ctx.storage.kv);
  readonly #audit = new AuditTrail(this.ctx.storage.sql);
  readonly #limit = new OrgLimit(this.env.POLICY, storedLimit(this.ctx.storage.kv));
  readonly #members = new Members(this.ctx.storage.sql);
  readonly #pending = new PendingNotifications(this.ctx.storage.sql, "members");
  #org = this.ctx.storage.kv.get<string>("org");
  /** Known once a sandbox was added; without one there is nothing to notify. */
  #id = this.ctx.storage.kv.get<string>("id") ?? "";
  #revision = this.ctx.storage.kv.get<number>("revision") ?? 0;
  #keys = this.ctx.storage.kv.get<SigningKeys>("keys") ?? FIRST_KEYS;

  constructor(context: DurableObjectState, environment: Environment) {
    super(context, environment);
    if (this.#org !== undefined) this.#prepare();
  }

  create(org: string): Refusal | undefined {
    if (this.#org !== undefined && this.#org !== org) {
      return refuse("conflict", { detail: "The workspace belongs to another org." });
    }
    this.#prepare();
    this.ctx.storage.kv.put("org", org);
    this.#org = org;
    return undefined;
  }

  readOrg(): string | undefined {
    return this.#org;
  }

  async addSandbox(
    id: string,
    sandboxId: string,
    generation: Generation,
  ): Promise<SandboxMembership | Refusal> {
    if (this.#org === undefined) return refuse("not_found", { detail: `There is no workspace "${id}".` });
    const ended = this.#members.add(sandboxId, generation, Date.now());
    this.#setId(id);
    await this.#limit.read(this.#org);
    const limit = this.#limit.share();
    return {
      owner: { workspace: id, org: this.#org, keys: this.#keys },
      ...(limit && { limit }),
      suspension: this.#suspensionState(),
      ...this.#workspaceAccess(),
      ...(ended && { ended }),
    };
  }

  removeSandbox(sandboxId: string, generation: Generation): void {
    if (this.#org !== undefined) this.#members.remove(sandboxId, generation);
  }

  endSandbox(sandboxId: string, generation: Generation): void {
    if (this.#org !== undefined) this.#members.end(sandboxId, generation, Date.now());
  }

  listSandboxes(after: string, limit: number): string[] {
    return this.#org === undefined ? [] : this.#members.list(after, limit);
  }

  revokeToken(apiTokenId: string): void {
    if (this.#org !== undefined) this.#revokedTokens.add(apiTokenId, Date.now());
  }

  async admitCall(apiTokenId: string): Promise<Quota | Refusal> {
    if (this.#org === undefined || this.#revokedTokens.has(apiTokenId)) return refuse("unauthorized");
    const suspension = this.#suspensions.current;
    if (suspension !== undefined) return refuseCaller("workspace", suspension);
    return this.#calls.admit(apiTokenId, await this.#limit.read(this.#org), Date.now());
  }

  checkAccess(org: string): Refusal | undefined {
    if (this.#org !== org) return refuse("not_found");
    const suspension = this.#suspensions.current;
    return suspension && refuseCaller("workspace", suspension);
  }

  async suspend(suspension: Suspension | undefined): Promise<SuspensionOutcome | Refusal> {
    if (this.#org === undefined) return refuse("not_found");
    if (this.#suspensions.setOwn(suspension)) await this.#notifySandboxes();
    const { own } = this.#suspensions;
    return own === undefined ? {} : { suspension: own };
  }

  /** Waits for the sandboxes only with a limit: of a suspension, the org has other workspaces to notify. */
  async applyOrgState({ limit, privatePorts, ...suspension }: OrgState): Promise<void> {
    if (this.#org === undefined) return;
    const isSuspensionNew = this.#suspensions.inherit(suspension);
    const isLimitNew = limit !== undefined && this.#limit.adopt(limit);
    const arePortsNew = privatePorts !== undefined && this.#access.inherit(suspension.revision, privatePorts);
    if (isLimitNew) await this.#notifySandboxes();
    else if (isSuspensionNew || arePortsNew) this.ctx.waitUntil(this.#notifySandboxes());
  }

  async setAccess(access: Access | undefined): Promise<Refusal | undefined> {
    if (this.#org === undefined) return refuse("not_found");
    if (this.#access.set(access)) await this.#notifySandboxes();
    return undefined;
  }

  readAccess(): Access | undefined {
    return this.#access.own;
  }

  recordChange(entry: AuditEntry): void {
    if (this.#org !== undefined) this.#audit.add(entry);
  }

  listChanges(before: number, limit: number): NumberedAuditEntry[] {
    return this.#org === undefined ? [] : this.#audit.list(before, limit);
  }

  async rotateKeys(cutPrevious: boolean): Promise<SigningKeys | Refusal> {
    if (this.#org === undefined) return refuse("not_found");
    this.#keys = rotate(this.#keys, cutPrevious ? 0 : KEY_OVERLAP_MS, Date.now());
    this.ctx.storage.kv.put("keys", this.#keys);
    await this.#notifySandboxes();
    return this.#keys;
  }

  override async alarm(): Promise<void> {
    if (this.#pending.isDelivering) await this.ctx.storage.setAlarm(Date.now() + NOTIFY_AGAIN_MS);
    else await this.#deliverNext();
  }

  /** Only once it has an org: an object that is merely asked must not write. */
  #prepare(): void {
    this.#members.prepare();
    this.#pending.prepare();
  }

  #setId(id: string): void {
    if (this.#id === id) return;
    this.#id = id;
    this.ctx.storage.kv.put("id", id);
  }

  /**
   * Sends every sandbox the current state: as many as one round takes before it returns, the others by alarm, and all
   * that are left if the object ends during the round.
   */
  async #notifySandboxes(): Promise<void> {
    this.#revision += 1;
    this.ctx.storage.kv.put("revision", this.#revision);
    this.#pending.addAll(this.#revision);
    await this.ctx.storage.setAlarm(Date.now() + NOTIFY_AGAIN_MS);
    await this.#deliverNext();
  }

  async #deliverNext(): Promise<void> {
    const delivery = await this.#pending.deliver((sandboxId) => this.#notify(sandboxId));
    if (delivery === "done") await this.ctx.storage.deleteAlarm();
    else await this.ctx.storage.setAlarm(Date.now() + (delivery === "failed" ? NOTIFY_AGAIN_MS : 0));
  }

  #suspensionState(): SuspensionState {
    const suspension = this.#suspensions.current;
    return { revision: this.#revision, ...(suspension && { suspension }) };
  }

  #workspaceAccess(): Pick<WorkspaceState, "workspaceAccess"> {
    const workspaceAccess = this.#access.share(this.#revision);
    return workspaceAccess === undefined ? {} : { workspaceAccess };
  }

  async #notify(sandboxId: string): Promise<void> {
    const limit = this.#limit.share();
    const state: WorkspaceState = {
      workspace: this.#id,
      keys: this.#keys,
      ...(limit && { limit }),
      suspension: this.#suspensionState(),
      ...this.#workspaceAccess(),
    };
    await this.env.SANDBOX.getByName(sandboxId).applyWorkspaceState(state);
  }
}
