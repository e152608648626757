import type { Access } from "../../../shared/access.ts";
import { MAX_PORTS_WITH_SETTINGS } from "../../../shared/access.ts";
import { ACCESS_PATH, encodeAccessChange } from "../../../shared/protocol/host-calls.ts";
import { PASS_MAX_ACCEPTANCE_MS } from "../../../shared/protocol/pass.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../shared/refusal/refusal.ts";
import { tellHost } from "../../hosts/tell-host.ts";
import type { PassSigner } from "../../preview/pass-signer.ts";
import type { Route } from "../route.ts";
import type { StoredSandboxState } from "../sandbox/sandbox-state.ts";
import type {
  AccessState,
  PortCapture,
  PortSettings,
  SandboxDefaults,
  WorkspaceAccess,
} from "./access-state.ts";
import { NO_ACCESS_STATE } from "./access-state.ts";
import { PortAccess } from "./port-access.ts";

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/** A host that did not respond for so long has no connection open any more. */
const RETRY_FOR_MS = 24 * 3_600_000;

const TOO_MANY = `The sandbox has settings for ${MAX_PORTS_WITH_SETTINGS} ports already. Reset one of them first.`;

/** Who may visit a sandbox's ports, as its object knows it. Each change that a host has to apply is sent by `deliver`. */
export class SandboxAccess {
  readonly #state: StoredSandboxState;
  #computed = new PortAccess();
  #computedFrom: { readonly access?: AccessState | undefined; readonly route?: Route | undefined } = {};
  #failures = 0;

  constructor(state: StoredSandboxState) {
    this.#state = state;
  }

  /** What applies now. */
  get current(): PortAccess {
    const { access, route } = this.#state.current;
    if (access !== this.#computedFrom.access || route !== this.#computedFrom.route) {
      this.#computed = new PortAccess(access, route);
      this.#computedFrom = { access, route };
    }
    return this.#computed;
  }

  /**
   * Members that are not named stay.
   *
   * @returns whether the host has to apply it, or `conflict` for one port too many
   */
  setPort(port: number, change: PortSettings, nowMs: number): boolean | Refusal {
    const ports = new Map(this.#known.ports);
    const { label, ...settings } = { ...ports.get(port), ...change };
    const merged = label === undefined || label === "" ? settings : { ...settings, label };
    if (Object.keys(merged).length === 0) ports.delete(port);
    else ports.set(port, merged);
    if (ports.size > MAX_PORTS_WITH_SETTINGS) return refuse("conflict", { detail: TOO_MANY });
    return this.#change({ ports }, nowMs);
  }

  /** @returns whether the host has to apply it */
  resetPort(port: number, nowMs: number): boolean {
    const ports = new Map(this.#known.ports);
    return ports.delete(port) && this.#change({ ports, ...this.#keepMask(port) }, nowMs);
  }

  /**
   * Members that are not named stay. No host has to apply it: passes say it.
   *
   * @param change `undefined` ends it
   * @returns `conflict` for one port too many
   */
  setCapture(port: number, change: Partial<PortCapture> | undefined, nowMs: number): Refusal | undefined {
    const former = this.#known.ports.get(port)?.capture;
    if (change === undefined) {
      if (former !== undefined) this.#endCapture(port, nowMs);
      return undefined;
    }
    const capture = { bodies: false, mask: this.current.maskOf(port), ...former, ...change };
    const outcome = this.setPort(port, { capture }, nowMs);
    return isRefusal(outcome) ? outcome : undefined;
  }

  #endCapture(port: number, nowMs: number): void {
    const ports = new Map(this.#known.ports);
    const { capture: _, ...rest } = ports.get(port) ?? {};
    if (Object.keys(rest).length === 0) ports.delete(port);
    else ports.set(port, rest);
    this.#change({ ports, ...this.#keepMask(port) }, nowMs);
  }

  /** The mask of a port whose capture ends: its host still shows what it has kept, and the next capture begins with it. */
  #keepMask(port: number): Pick<AccessState, "formerMasks"> {
    const mask = this.#known.ports.get(port)?.capture?.mask ?? [];
    if (mask.length === 0) return {};
    const formerMasks = new Map(this.#known.formerMasks).set(port, mask);
    const [oldest] = formerMasks.keys();
    if (formerMasks.size > MAX_PORTS_WITH_SETTINGS && oldest !== undefined) formerMasks.delete(oldest);
    return { formerMasks };
  }

  /** Members that are not named stay. @returns whether the host has to apply it */
  setDefaults(change: SandboxDefaults, nowMs: number): boolean {
    return this.#change({ own: { ...this.#known.own, ...change } }, nowMs);
  }

  /** @returns whether the host has to apply it */
  resetDefaults(nowMs: number): boolean {
    return this.#state.current.access !== undefined && this.#change({ own: {} }, nowMs);
  }

  /** @returns whether the host has to apply it */
  inherit(workspace: WorkspaceAccess, nowMs: number): boolean {
    return isOlder(workspace, this.#known.workspace) ? false : this.#change({ workspace }, nowMs);
  }

  /**
   * A guest was attached, and the route has changed. Nothing is stored where nothing was ever said about access.
   *
   * @param before what applied to the former route: a host may still refuse by that
   * @returns whether the host has to apply it
   */
  attach(
    before: PortAccess,
    attach: Access | undefined,
    offered: WorkspaceAccess | undefined,
    nowMs: number,
  ): boolean {
    if (this.#state.current.access === undefined && attach === undefined && offered === undefined)
      return false;
    const { attach: _, workspace: known, ...rest } = this.#known;
    const workspace = offered === undefined || isOlder(offered, known) ? known : offered;
    return this.#put(
      { ...rest, ...(attach !== undefined && { attach }), ...(workspace !== undefined && { workspace }) },
      before,
      nowMs,
    );
  }

  /**
   * The open ports have changed, which changes what applies where a debugger listens on loopback.
   *
   * @param before what applied to the former ones
   * @returns whether the host has to apply it
   */
  noteOpenPorts(before: PortAccess, nowMs: number): boolean {
    const { access } = this.#state.current;
    return access !== undefined && !this.current.equals(before) && this.#put(access, before, nowMs);
  }

  /**
   * Sends the host what applies, if it has yet to get that.
   *
   * @returns after how many milliseconds to try again; `undefined` where nothing is left
   */
  async deliver(
    sandboxId: string,
    { hostId: id, origin }: Route,
    passes: PassSigner,
    nowMs: number,
  ): Promise<number | undefined> {
    const sent = this.#state.current.access;
    if (sent?.pendingUntilMs === undefined) return undefined;
    if (nowMs < sent.pendingUntilMs) {
      const body = encodeAccessChange({ sandboxId, revision: sent.revision, ...this.current.describe() });
      if (!(await tellHost({ id, origin }, passes, ACCESS_PATH, body, "access"))) {
        this.#failures++;
        return Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), MAX_RETRY_MS);
      }
    }
    this.#failures = 0;
    const { access } = this.#state.current;
    if (access === undefined || access.pendingUntilMs === undefined) return undefined;
    if (access.revision !== sent.revision) return 0;
    const { pendingUntilMs: _, ...applied } = access;
    this.#state.change({ access: applied });
    return undefined;
  }

  get #known(): AccessState {
    return this.#state.current.access ?? NO_ACCESS_STATE;
  }

  #change(members: Partial<AccessState>, nowMs: number): boolean {
    return this.#put({ ...this.#known, ...members }, this.current, nowMs);
  }

  #put(next: AccessState, before: PortAccess, nowMs: number): boolean {
    const { route } = this.#state.current;
    const isNew = !new PortAccess(next, route).equals(before);
    // What is changed while the sandbox is stopped goes to the host that starts it while that may refuse by a former state.
    const pendingForMs = route === undefined ? PASS_MAX_ACCEPTANCE_MS : RETRY_FOR_MS;
    this.#failures = 0;
    this.#state.change({
      access: {
        ...next,
        revision: next.revision + (isNew ? 1 : 0),
        ...(isNew && { pendingUntilMs: nowMs + pendingForMs }),
      },
    });
    return route !== undefined && (isNew || nowMs < (next.pendingUntilMs ?? 0));
  }
}

function isOlder(offered: WorkspaceAccess, known: WorkspaceAccess | undefined): boolean {
  return offered.revision < (known?.revision ?? 0);
}
