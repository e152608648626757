import type { Access } from "../../shared/access.ts";
import type { AccessChange } from "../../shared/protocol/host-calls.ts";
import type { SandboxPass } from "../../shared/protocol/pass.ts";
import { PASS_MAX_ACCEPTANCE_MS } from "../../shared/protocol/pass.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";

/** Whom a request is for, and by which grant it came. */
export type AccessAsk = Pick<SandboxPass, "sandboxId" | "port" | "link">;

interface RecentChange {
  readonly change: AccessChange;
  readonly ports: ReadonlyMap<number, Access>;
  readonly untilMs: number;
}

/**
 * Who may visit the ports of sandboxes for which the edge has changed that lately.
 *
 * The edge decides. To cut what is open is not enough: a request that the edge admitted a moment before may arrive a
 * moment after.
 */
export class AccessChanges {
  readonly #recent = new Map<string, RecentChange>();

  /** @returns false where a newer change has come already */
  add(change: AccessChange, nowMs: number): boolean {
    for (const [id, { untilMs }] of this.#recent) if (nowMs >= untilMs) this.#recent.delete(id);
    const { sandboxId, revision, except } = change;
    if (revision < (this.#recent.get(sandboxId)?.change.revision ?? 0)) return false;
    const ports = new Map(except.map(({ port, access }) => [port, access]));
    this.#recent.set(sandboxId, { change, ports, untilMs: nowMs + PASS_MAX_ACCEPTANCE_MS });
    return true;
  }

  /**
   * Whether a request or connection must end.
   *
   * @returns `sandbox_not_found` without a link, since such a port must not be told from one that does not exist;
   *   `port_off` by one
   */
  check({ sandboxId, port, link }: AccessAsk, nowMs: number): Refusal | undefined {
    const recent = this.#recent.size === 0 ? undefined : this.#recent.get(sandboxId);
    if (recent === undefined || nowMs >= recent.untilMs) return undefined;
    const access = recent.ports.get(port) ?? recent.change.access;
    if (link === undefined) return access === "public" ? undefined : refuse("sandbox_not_found");
    return access === "off" ? refuse("port_off") : undefined;
  }

  /** Whether servers that listen on the guest's loopback only must not be reached any more. */
  closesLoopback(sandboxId: string, nowMs: number): boolean {
    const recent = this.#recent.size === 0 ? undefined : this.#recent.get(sandboxId);
    return recent !== undefined && nowMs < recent.untilMs && recent.change.loopback === "off";
  }
}
