import { DurableObject } from "cloudflare:workers";
import type { PreviewLimit } from "../../shared/limit/preview-limit.ts";
import type { Quota } from "../../shared/limit/rate-limit-fields.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";
import type { Environment } from "../environment.ts";
import { ApiCalls } from "./callers/api-calls.ts";
import { RevokedTokens } from "./callers/revoked-tokens.ts";
import type { LimitChange, OrgChange, OrgObject, OrgRecord, OrgState } from "./messages.ts";
import { OrgLimit, storedLimit } from "./org-limit.ts";
import { PendingNotifications } from "./pending-notifications.ts";
import type { Suspension, SuspensionOutcome } from "./suspension/suspension.ts";
import { keepTime, refuseCaller } from "./suspension/suspension.ts";

/** Until a workspace is notified again that could not be notified. */
const NOTIFY_AGAIN_MS = 1_000;

interface WorkspaceRow extends Record<string, SqlStorageValue> {
  readonly workspace: string;
}

/**
 * One org: its name, limit and ceiling, its workspaces, whether it is suspended, and its tokens' buckets.
 *
 * It exists because KV is eventually consistent: a suspension and a changed limit must reach the workspace that was
 * created a moment ago, and a change of one member must not undo another (docs/decisions/0007).
 *
 * Storage: `record`, `suspension`, `revision`, `orgLimit`, `arrivalMark`, `privatePorts`, revoked tokens; workspaces and
 * those that have yet to be notified in tables.
 */
export class Org extends DurableObject<Environment> implements OrgObject {
  readonly #calls = new ApiCalls(this.ctx.storage, Date.now());
  readonly #limit = new OrgLimit(this.env.POLICY, storedLimit(this.ctx.storage.kv));
  readonly #revokedTokens = new RevokedTokens(this.ctx.storage.kv);
  readonly #pending = new PendingNotifications(this.ctx.storage.sql, "workspaces");
  #record = this.ctx.storage.kv.get<OrgRecord>("record");
  #suspension = this.ctx.storage.kv.get<Suspension>("suspension");
  #privatePorts = this.ctx.storage.kv.get<readonly number[]>("privatePorts");
  #revision = this.ctx.storage.kv.get<number>("revision") ?? 0;

  put(id: string, { name, maxRateLimit }: OrgChange): OrgRecord {
    if (this.#record === undefined) this.#prepare();
    const ceiling = maxRateLimit === undefined ? this.#record?.maxRateLimit : (maxRateLimit ?? undefined);
    const record: OrgRecord = {
      id,
      name: name ?? this.#record?.name ?? id,
      ...(ceiling && { maxRateLimit: ceiling }),
    };
    this.#record = record;
    this.ctx.storage.kv.put("record", record);
    return record;
  }

  read(): OrgRecord | undefined {
    return this.#record;
  }

  addWorkspaces(workspaces: readonly string[]): void {
    if (this.#record === undefined) return;
    for (const workspace of workspaces)
      this.ctx.storage.sql.exec("INSERT OR IGNORE INTO workspaces (workspace) VALUES (?)", workspace);
  }

  listWorkspaces(limit: number): string[] {
    if (this.#record === undefined) return [];
    const query = "SELECT workspace FROM workspaces ORDER BY workspace LIMIT ?";
    return Array.from(this.ctx.storage.sql.exec<WorkspaceRow>(query, limit), ({ workspace }) => workspace);
  }

  readState(): OrgState {
    const limit = this.#limit.share();
    return {
      revision: this.#revision,
      ...(this.#suspension && { suspension: this.#suspension }),
      ...(limit && { limit }),
      ...(this.#privatePorts && { privatePorts: this.#privatePorts }),
    };
  }

  async setPrivatePorts(ports: readonly number[]): Promise<void> {
    if (this.#record === undefined || ports.join() === this.listPrivatePorts().join()) return;
    this.#privatePorts = ports;
    this.ctx.storage.kv.put("privatePorts", ports);
    await this.#notifyWorkspaces();
  }

  listPrivatePorts(): readonly number[] {
    return this.#privatePorts ?? [];
  }

  async useRateLimit(limit: PreviewLimit): Promise<void> {
    if (this.#record === undefined) return;
    const formerMs = this.#limit.share()?.changedAtMs ?? 0;
    const change: LimitChange = { limit, changedAtMs: Math.max(Date.now(), formerMs + 1) };
    this.#limit.adopt(change);
    await this.#notifyWorkspaces();
  }

  async suspend(offered: Suspension | undefined): Promise<SuspensionOutcome | Refusal> {
    if (this.#record === undefined) return refuse("not_found");
    const suspension = keepTime(this.#suspension, offered);
    this.#suspension = suspension;
    if (suspension === undefined) this.ctx.storage.kv.delete("suspension");
    else this.ctx.storage.kv.put("suspension", suspension);
    await this.#notifyWorkspaces();
    return suspension === undefined ? {} : { suspension };
  }

  async #notifyWorkspaces(): Promise<void> {
    this.#revision += 1;
    this.ctx.storage.kv.put("revision", this.#revision);
    this.#pending.addAll(this.#revision);
    // If the object ends during the round, the alarm delivers what is left.
    await this.ctx.storage.setAlarm(Date.now() + NOTIFY_AGAIN_MS);
    await this.#deliverNext();
  }

  async admitCall(tokenId: string): Promise<Quota | Refusal> {
    const record = this.#record;
    if (record === undefined || this.#revokedTokens.has(tokenId)) return refuse("unauthorized");
    if (this.#suspension !== undefined) return refuseCaller("org", this.#suspension);
    return this.#calls.admit(tokenId, await this.#limit.read(record.id), Date.now());
  }

  revokeToken(tokenId: string): void {
    if (this.#record !== undefined) this.#revokedTokens.add(tokenId, Date.now());
  }

  override async alarm(): Promise<void> {
    if (this.#pending.isDelivering) await this.ctx.storage.setAlarm(Date.now() + NOTIFY_AGAIN_MS);
    else await this.#deliverNext();
  }

  async #deliverNext(): Promise<void> {
    const delivery = await this.#pending.deliver((workspace) =>
      this.env.WORKSPACE.getByName(workspace).applyOrgState(this.readState()),
    );
    if (delivery === "done") await this.ctx.storage.deleteAlarm();
    else await this.ctx.storage.setAlarm(Date.now() + (delivery === "failed" ? NOTIFY_AGAIN_MS : 0));
  }

  #prepare(): void {
    this.ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS workspaces (workspace TEXT PRIMARY KEY) WITHOUT ROWID",
    );
    this.#pending.prepare();
  }
}
