import { decodeLinkToken, deriveWorkspaceKey, mintLinkToken } from "../../shared/link/link-token.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { isRefusal } from "../../shared/refusal/refusal.ts";
import type { Address, Admission, Admissions, Page } from "../platform/edge-modules.ts";
import type { World } from "../world.ts";

/** A page's own requests follow it within this time. */
const PAGE_LOAD_MS = 400;
const FIRST_ASSET_MS = 60;
const LINK_LIFE_S = 3_600;

/** What the cost of their requests is put down to. */
export const VISITORS = "visitors' requests";

interface Owner {
  readonly org: string;
  readonly hostId: string;
  readonly leasable: boolean;
}

/** Visitors: their requests go through the edge's own `Admissions`, one for each isolate. */
export class Traffic {
  readonly #world: World;
  readonly #isolates: { admissions: Admissions; untilMs: number }[];
  /** By sandbox id. Links are minted here, because minting is not simulated. */
  readonly #links = new Map<string, Promise<Address>>();
  readonly #keys = new Map<number, Promise<CryptoKey>>();
  /** Each visit is another client's. */
  #visitors = 0;
  /** Raised for each new link: links that end at different moments are different. */
  #linkLifeS = LINK_LIFE_S;

  constructor(world: World) {
    this.#world = world;
    this.#isolates = Array.from({ length: world.scenario.isolates }, () => this.#createIsolate());
  }

  /** The visits that begin in this millisecond. */
  arrive(): void {
    const { random, scenario, popularity } = this.#world;
    const visits = random.poisson(scenario.perSecond / scenario.requestsPerVisit / 1000);
    for (let visit = 0; visit < visits; visit++) void this.#visit(popularity.draw(random));
  }

  /** The link of the sandbox at an index. */
  link(index: number): Promise<Address> {
    const sandboxId = this.#world.fleet.sandboxId(index);
    let link = this.#links.get(sandboxId);
    if (link === undefined) {
      link = this.#mint(sandboxId, index);
      this.#links.set(sandboxId, link);
    }
    return link;
  }

  /** Visitors get another link to the sandbox at an index, as they do when the old one was revoked. */
  replaceLink(index: number): void {
    this.#links.delete(this.#world.fleet.sandboxId(index));
    this.#linkLifeS += 1;
  }

  /** Draws all random numbers before it waits for anything, so that each run is the same. */
  async #visit(index: number): Promise<void> {
    const { random, scenario, time, fleet } = this.#world;
    this.#visitors += 1;
    const client = String(this.#visitors);
    const byLink = random.fraction() < scenario.linkShare;
    const isolate = (index * 7 + random.below(scenario.isolatesPerSandbox)) % scenario.isolates;
    const assets = Array.from(
      { length: random.geometric(scenario.requestsPerVisit) - 1 },
      () => FIRST_ASSET_MS + random.below(PAGE_LOAD_MS - FIRST_ASSET_MS),
    );
    const owner = {
      org: fleet.orgId(fleet.workspaceOf(index)),
      hostId: fleet.hostId(fleet.hostOf(index)),
      leasable: fleet.isLeasable(index),
    };
    const address = byLink ? await this.link(index) : this.#publicAddress(index);
    void this.#request(isolate, address, owner, { kind: "navigation", client });
    for (const delayMs of assets)
      time.after(delayMs, () => void this.#request(isolate, address, owner, { kind: "own", client }));
  }

  async #request(isolate: number, address: Address, owner: Owner, page: Page): Promise<void> {
    const { ledger, log, propagationCheck } = this.#world;
    const { visits } = this.#world.counts;
    visits.requests += 1;
    ledger.countTime(VISITORS);
    if (owner.leasable) visits.leasable.requests += 1;
    const admissions = this.#admissions(isolate);
    const { result, asked } = await this.#admit(admissions, address, page);
    const refused = isRefusal(result) ? result.code : undefined;
    log.countRequest(refused, asked);
    if (refused === undefined) visits.admitted += 1;
    else visits.refused.set(refused, (visits.refused.get(refused) ?? 0) + 1);
    propagationCheck.observe({ ...owner, linkName: address.link && address.name, result, refused });
  }

  /** As `servePreview` does: a page's own requests wait for the one that asks. */
  async #admit(
    admissions: Admissions,
    address: Address,
    page: Page,
  ): Promise<{ result: Admission | Refusal; asked: boolean }> {
    const { time, ledger } = this.#world;
    for (;;) {
      const remembered = admissions.recall(address, time.nowMs, page);
      if (remembered !== undefined) return { result: remembered, asked: false };
      const awaited = page.kind === "own" ? admissions.awaitShare(address, time.nowMs, page) : undefined;
      if (awaited === undefined) break;
      await awaited;
    }
    const result = await ledger.run(VISITORS, () => admissions.ask(address, time.nowMs, page));
    return { result, asked: true };
  }

  #admissions(index: number): Admissions {
    const isolate = this.#isolates[index]!;
    if (this.#world.time.nowMs < isolate.untilMs) return isolate.admissions;
    this.#isolates[index] = this.#createIsolate();
    return this.#isolates[index].admissions;
  }

  #createIsolate() {
    const { modules, objects, time, random, scenario } = this.#world;
    const lifeMs = scenario.isolateLifeS * 1000 * (0.5 + random.fraction());
    return {
      admissions: new modules.Admissions(objects.namespaces.SANDBOX),
      untilMs: time.nowMs + lifeMs,
    };
  }

  #publicAddress(index: number): Address {
    const { fleet } = this.#world;
    const sandboxId = fleet.sandboxId(index);
    return { name: `${fleet.port()}-${sandboxId}`, sandboxId, port: fleet.port() };
  }

  #key(workspace: number): Promise<CryptoKey> {
    let key = this.#keys.get(workspace);
    if (key === undefined) {
      const { linkSecret, fleet } = this.#world;
      key = deriveWorkspaceKey(linkSecret, fleet.workspaceId(workspace), 0);
      this.#keys.set(workspace, key);
    }
    return key;
  }

  async #mint(sandboxId: string, index: number): Promise<Address> {
    const { fleet, linkMask, time } = this.#world;
    const port = fleet.port();
    const expiresAtMs = (Math.floor(time.nowMs / 1000) + this.#linkLifeS) * 1000;
    const claims = { sandboxId, port, expiresAtMs, keyVersion: 0, restricted: false };
    const token = await mintLinkToken(claims, await this.#key(fleet.workspaceOf(index)), linkMask);
    const link = await decodeLinkToken(token, [linkMask]);
    if (isRefusal(link)) throw new Error("a link of the simulation is malformed");
    return { name: token, sandboxId, port, link };
  }
}
