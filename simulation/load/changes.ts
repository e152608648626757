import { ADMIN_TOKEN } from "../deployment.ts";
import type { World } from "../world.ts";
import { callApi } from "./call-api.ts";
import type { Owners } from "./owners.ts";
import type { Traffic } from "./traffic.ts";

/** Visitors use a revoked link for this long, then another one; the link may admit requests for half of the time. */
const REPLACE_LINK_MS = 10_000;

/** All limits change early, so that the rest of the time shows whether an isolate returns to an old one. */
const LIMIT_CHANGE_SPAN_S = 5;

/** Owners revoke links and admins change limits of the most visited sandboxes, which have requests at all times. */
export class Changes {
  readonly #world: World;
  readonly #traffic: Traffic;
  readonly #owners: Owners;

  constructor(world: World, traffic: Traffic, owners: Owners) {
    this.#world = world;
    this.#traffic = traffic;
    this.#owners = owners;
  }

  start(): void {
    const { scenario } = this.#world;
    const revocationSpanS = Math.max(1, scenario.seconds - REPLACE_LINK_MS / 1000);
    this.#spread(scenario.limitChanges, LIMIT_CHANGE_SPAN_S, (workspace) => this.#changeLimit(workspace));
    this.#spread(scenario.revocations, revocationSpanS, (index) => this.#revoke(index));
  }

  #spread(count: number, spanS: number, act: (index: number) => Promise<void>): void {
    const { scenario, time } = this.#world;
    for (let index = 0; index < count; index++)
      time.after((scenario.warmUpS + (spanS * index) / count) * 1000, () => void act(index));
  }

  async #changeLimit(workspace: number): Promise<void> {
    const { fleet, propagationCheck } = this.#world;
    const org = fleet.orgId(workspace);
    const { perSecond, burst } = fleet.limit(workspace);
    const limit = { perSecond: perSecond * 1.5, burst };
    propagationCheck.changeLimit(org, limit);
    await callApi(this.#world, {
      name: "change of a limit",
      method: "PUT",
      path: `/v1/orgs/${org}/rate-limit`,
      token: ADMIN_TOKEN,
      body: { per_second: limit.perSecond, burst },
    });
  }

  async #revoke(index: number): Promise<void> {
    const { propagationCheck, time } = this.#world;
    const { name } = await this.#traffic.link(index);
    propagationCheck.revoke(name);
    time.after(REPLACE_LINK_MS, () => this.#traffic.replaceLink(index));
    await this.#owners.revokeLink(index, name);
  }
}
