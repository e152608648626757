import { DurableObject } from "cloudflare:workers";
import type { Generation } from "../../shared/generation.ts";
import { generationStartMs, startedBefore } from "../../shared/generation.ts";
import type { GuestChanges, GuestStart } from "../../shared/protocol/host-api.ts";
import { MAX_GUESTS_PER_HOST } from "../../shared/protocol/host-api.ts";
import type { HostCaller } from "../../shared/protocol/host-token.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";
import { credentialsFor } from "../credentials.ts";
import type { Environment } from "../environment.ts";
import { probeHost } from "../hosts/probe-host.ts";
import { takeDownGuests } from "../hosts/take-down-guests.ts";
import { checkInstance } from "./host/check-instance.ts";
import { HeardConnector } from "./host/heard-connector.ts";
import { HeardGuests } from "./host/heard-guests.ts";
import { HostGuests } from "./host/host-guests.ts";
import type {
  EnrolmentChange,
  EnrolmentOffer,
  HostGuest,
  HostObject,
  HostRecord,
  HostState,
  KnownHost,
  Reconciliation,
} from "./messages.ts";
import type { Delivery } from "./pending-notifications.ts";
import { PendingNotifications } from "./pending-notifications.ts";

/** After so long without a heartbeat a host is suspected … */
export const HOST_SUSPECTED_MS = 40_000;
/** … and after this much more, in which a heartbeat is due, it is down: at 60 s in all. */
export const HOST_DOWN_AFTER_MS = 20_000;

type Health = "heard" | "suspected" | "down";

/** Routes that one heartbeat takes down; the next one continues. */
export const MAX_GONE_PER_HEARTBEAT = 200;

const NOT_ENROLLED = "This host is not enrolled.";

const FOREIGN = "This host may not serve that workspace.";

/** Until a host that is down is probed again: its heartbeats may not arrive for long. */
export const DOWN_PROBE_MS = 60_000;

/** Until a sandbox is notified again that could not be notified. */
const NOTIFY_AGAIN_MS = 5_000;

/** The call that removes a host has ended by then, or was cut short. */
const REMOVAL_ALARM_MS = 30_000;

/**
 * One host: its record, the sandboxes that it announced, and whether it sends heartbeats.
 *
 * Each heartbeat puts the alarm off. When the alarm fires, either the host has been silent, or the edge itself was not
 * there: after an outage of the edge every alarm is due at once. So the first alarm makes the host suspected only. At the
 * second one the host is probed, because a host whose calls do not arrive may serve its visitors all the same. While it
 * responds, it stays up, and is probed again. Where it does not, it is down: its sandboxes are notified, and refuse their
 * visitors without a fetch. They are notified again when the host is back: by a heartbeat or a probe.
 *
 * Storage: `record`, `enrolment`, `retired`, `health`, `revision`, `instance`, `ending`; guests and pending notifications in tables. The public key is
 * here and not in KV: a host calls the moment it is enrolled, when KV may still return that there is no such key.
 */
export class Host extends DurableObject<Environment> implements HostObject {
  #record = this.ctx.storage.kv.get<HostRecord>("record");
  readonly #guests = new HostGuests(this.ctx.storage.sql);
  readonly #pending = new PendingNotifications(this.ctx.storage.sql, "guests");
  #revision = this.ctx.storage.kv.get<number>("revision") ?? 0;
  #retired = this.ctx.storage.kv.get<boolean>("retired") ?? false;
  #health = this.ctx.storage.kv.get<Health>("health") ?? "heard";
  readonly #connector = new HeardConnector(this.ctx.storage.kv);
  readonly #heard = new HeardGuests();

  constructor(context: DurableObjectState, environment: Environment) {
    super(context, environment);
    if (this.#record !== undefined) this.#prepare();
    if (this.#connector.read() !== undefined)
      void context.blockConcurrencyWhile(async () => this.#connector.restore(await this.#readHeardAtMs()));
  }

  async enrol({ heard: _, ...record }: KnownHost): Promise<void> {
    this.#prepare();
    const moved = this.#record !== undefined && this.#record.origin !== record.origin;
    if (this.#record?.publicKey.x !== record.publicKey.x) this.#connector.forget();
    this.#record = record;
    this.ctx.storage.kv.put("record", record);
    this.#setRetired(false);
    if (moved) this.#addNotifications();
    await this.ctx.storage.setAlarm(Date.now() + HOST_SUSPECTED_MS);
    if (moved) await this.#notifySandboxes();
  }

  async retire(): Promise<void> {
    if (this.#record === undefined) return;
    this.#setRetired(true);
    await this.ctx.storage.setAlarm(Date.now() + REMOVAL_ALARM_MS);
  }

  read(): KnownHost | undefined {
    if (this.#retired || this.#record === undefined) return undefined;
    const heard = this.#connector.read();
    return { ...this.#record, ...(heard && { heard }) };
  }

  readReachable(): HostRecord | undefined {
    return this.#health === "down" ? undefined : this.read();
  }

  async offerEnrolment(offer: EnrolmentOffer): Promise<void> {
    this.ctx.storage.kv.put("enrolment", offer);
    if (this.#record === undefined) await this.ctx.storage.setAlarm(offer.expiresAtMs);
  }

  async enrolByToken(tokenSha256: string, change: EnrolmentChange): Promise<HostRecord | Refusal> {
    const offer = this.ctx.storage.kv.get<EnrolmentOffer>("enrolment");
    if (offer?.tokenSha256 !== tokenSha256 || Date.now() >= offer.expiresAtMs) return refuse("unauthorized");
    const { replace, ...rest } = change;
    const known = this.read();
    if (known !== undefined && known.publicKey.x !== change.publicKey.x && !replace) {
      return refuse("conflict", { detail: `The host "${change.id}" is enrolled already, with another key.` });
    }
    const workspaces = offer.workspaces ?? known?.workspaces;
    const record: HostRecord = { ...rest, ...(workspaces && { workspaces }), enrolledAtMs: Date.now() };
    this.ctx.storage.kv.delete("enrolment");
    await this.enrol(record);
    return record;
  }

  addGuest(guest: HostGuest): Refusal | undefined {
    const record = this.read();
    if (record === undefined) return refuse("unauthorized", { detail: NOT_ENROLLED });
    if (isForeign(record, guest)) return refuse("forbidden", { detail: FOREIGN });
    const known = this.#guests.find(guest.sandboxId);
    if (known !== undefined && staysListed(known, guest)) return undefined;
    if (known === undefined && this.#guests.count >= MAX_GUESTS_PER_HOST) return refuse("host_full");
    this.#guests.put(guest);
    return undefined;
  }

  findGuest(sandboxId: string, generation: Generation): HostGuest | undefined {
    const guest = this.#record === undefined ? undefined : this.#guests.find(sandboxId);
    return guest?.generation === generation ? guest : undefined;
  }

  removeGuest(sandboxId: string, generation: Generation, lasting = true): void {
    if (this.#record !== undefined) this.#guests.remove(sandboxId, generation, lasting);
  }

  async reconcile(
    guests: readonly GuestStart[],
    takenAtMs: number,
    caller: HostCaller = { takesOver: false },
  ): Promise<Reconciliation | Refusal> {
    return (await this.#hear(caller)) ?? this.#compare(this.#heard.replace(guests), takenAtMs);
  }

  async reconcileChanges(
    changes: GuestChanges,
    takenAtMs: number,
    caller: HostCaller,
  ): Promise<Reconciliation | Refusal> {
    const refused = await this.#hear(caller);
    if (refused !== undefined) return refused;
    const revision = this.#heard.change(changes);
    return revision === undefined
      ? { gone: [], missing: [], resend: true }
      : this.#compare(revision, takenAtMs);
  }

  listGuests(limit = MAX_GUESTS_PER_HOST): HostGuest[] {
    return this.#record === undefined ? [] : this.#guests.list(limit);
  }

  listForeignGuests(limit: number): HostGuest[] {
    const record = this.#record;
    if (record?.workspaces === undefined) return [];
    return this.listGuests()
      .filter((guest) => isForeign(record, guest))
      .slice(0, limit);
  }

  async remove(): Promise<void> {
    this.#record = undefined;
    this.#guests.forget();
    this.#heard.forget();
    this.#health = "heard";
    this.#retired = false;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  /** No heartbeat has come in time, or sandboxes are left that have yet to be notified. */
  override async alarm(): Promise<void> {
    if (this.#record === undefined) return this.#forgetEnrolment();
    if (this.#retired) return this.#takeDown(this.#record);
    if (this.#health === "heard") {
      this.#setHealth("suspected");
      await this.ctx.storage.setAlarm(Date.now() + HOST_DOWN_AFTER_MS);
      return;
    }
    const isServing = await this.#probe(this.#record);
    if (this.#isHeard()) return;
    if (!isServing && this.#health === "suspected")
      console.error({ event: "host_silent", host: this.#record.id });
    this.#setHealth(isServing ? "suspected" : "down");
    const delivery = await this.#notifySandboxes();
    if (this.#isHeard()) return;
    const pauseMs = isServing ? HOST_DOWN_AFTER_MS : DOWN_PROBE_MS;
    await this.ctx.storage.setAlarm(Date.now() + (delivery === "done" ? pauseMs : NOTIFY_AGAIN_MS));
  }

  /** A heartbeat has come. @returns `conflict` where another connector is in use */
  async #hear(caller: HostCaller): Promise<Refusal | undefined> {
    const nowMs = Date.now();
    const refused = checkInstance(this.#connector.read(), caller, nowMs);
    if (refused !== undefined) return refused;
    this.#connector.hear(caller.instance, nowMs);
    await this.ctx.storage.setAlarm(nowMs + HOST_SUSPECTED_MS);
    if (this.read() === undefined) return undefined;
    this.#setHealth("heard");
    if (!this.#pending.isEmpty()) this.ctx.waitUntil(this.#notifySandboxes());
    return undefined;
  }

  /** Compares the list that was heard with what is listed. */
  #compare(revision: string, takenAtMs: number): Reconciliation {
    const record = this.read();
    if (record === undefined) return { gone: [], missing: [] };
    const announced = new Map(this.listGuests().map((guest) => [guest.sandboxId, guest]));
    const foreign = [...announced.values()].filter((guest) => isForeign(record, guest));
    for (const { sandboxId } of foreign) announced.delete(sandboxId);
    const ending = new Set(this.ctx.storage.kv.get<string[]>("ending"));
    const missing: string[] = [];
    for (const { sandboxId, generation } of this.#heard.list()) {
      const isListed = announced.get(sandboxId)?.generation === generation;
      if (!isListed || ending.has(sandboxId)) missing.push(sandboxId);
      announced.delete(sandboxId);
    }
    const gone = [
      ...foreign,
      ...[...announced.values()].filter(({ generation }) => generationStartMs(generation) < takenAtMs),
    ];
    const first = gone.slice(0, MAX_GONE_PER_HEARTBEAT);
    this.#noteEnding(first, ending.size > 0);
    return { gone: first, missing, revision };
  }

  /** Only for a host that is enrolled: an object that is merely asked must not write. */
  #prepare(): void {
    this.#guests.prepare();
    this.#pending.prepare();
  }

  /** Whether the host's connector responds, on the way on which its visitors' requests go. */
  async #probe(host: HostRecord): Promise<boolean> {
    if (this.#retired) return false;
    const { passes } = await credentialsFor(this.env);
    const health = await probeHost(passes, host);
    if (health === undefined) return false;
    console.warn({ event: "host_unheard", host: host.id });
    this.#connector.confirm(health.instance, Date.now());
    return true;
  }

  /** Completes a removal that the call which began it has not: there were more guests than one invocation takes. */
  async #takeDown({ id }: HostRecord): Promise<void> {
    const isDone = await takeDownGuests(this.env, id, (limit) => this.listGuests(limit));
    if (isDone && this.#retired) await this.remove();
    else if (this.#retired) await this.ctx.storage.setAlarm(Date.now());
  }

  /** A heartbeat may arrive while an alarm waits for responses; it sets the next alarm itself. */
  #isHeard(): boolean {
    return this.#record === undefined || this.#health === "heard";
  }

  /** When the last heartbeat came, by the alarm that it has put off. */
  async #readHeardAtMs(): Promise<number> {
    const alarmMs = (await this.ctx.storage.getAlarm()) ?? 0;
    return alarmMs - HOST_SUSPECTED_MS - (this.#health === "heard" ? 0 : HOST_DOWN_AFTER_MS);
  }

  /**
   * A call that takes routes down may be cut short before it removes the guests from the list. If the host then says
   * that it has them, they have to be announced again, though the list still agrees.
   */
  #noteEnding(guests: readonly HostGuest[], isNoted: boolean): void {
    if (guests.length > 0)
      this.ctx.storage.kv.put(
        "ending",
        guests.map(({ sandboxId }) => sandboxId),
      );
    else if (isNoted) this.ctx.storage.kv.delete("ending");
  }

  /** A host that was to enrol itself has not done so in time. */
  async #forgetEnrolment(): Promise<void> {
    const offer = this.ctx.storage.kv.get<EnrolmentOffer>("enrolment");
    if (offer === undefined) return;
    if (Date.now() >= offer.expiresAtMs) await this.ctx.storage.deleteAll();
    else await this.ctx.storage.setAlarm(offer.expiresAtMs);
  }

  /** Sends pending sandboxes the host's health and address. */
  async #notifySandboxes(): Promise<Delivery> {
    return this.#pending.deliver(async (sandboxId) => {
      if (this.#record === undefined) return;
      const { id: hostId, origin } = this.#record;
      const state: HostState = { hostId, origin, revision: this.#revision, down: this.#health === "down" };
      await this.env.SANDBOX.getByName(sandboxId).applyHostState(state);
    });
  }

  #setHealth(health: Health): void {
    if (this.#health === health) return;
    const concernsSandboxes = this.#health === "down" || health === "down";
    this.#health = health;
    this.ctx.storage.kv.put("health", health);
    if (concernsSandboxes) this.#addNotifications();
  }

  #setRetired(retired: boolean): void {
    if (this.#retired === retired) return;
    this.#retired = retired;
    this.ctx.storage.kv.put("retired", retired);
  }

  #addNotifications(): void {
    this.#revision += 1;
    this.ctx.storage.kv.put("revision", this.#revision);
    this.#pending.addAll(this.#revision);
  }
}

/** Whether the host may not serve the workspace of a guest. */
function isForeign({ workspaces }: HostRecord, { workspace }: HostGuest): boolean {
  return workspaces !== undefined && !workspaces.includes(workspace);
}

/** A guest that runs must not leave the list for one that is refused, or came too late. */
function staysListed(known: HostGuest, offered: HostGuest): boolean {
  return known.workspace !== offered.workspace || startedBefore(offered.generation, known.generation);
}
