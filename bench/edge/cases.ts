import type { Previews } from "./deployment.ts";
import { UNLEASED_SANDBOXES } from "./deployment.ts";
import type { WorkerPorts } from "./worker-ports.ts";

export const CASE_NAMES = [
  "respond",
  "floor",
  "floorCall",
  "leasedPublic",
  "leasedLink",
  "unleased",
  "limited",
] as const;

export type CaseName = (typeof CASE_NAMES)[number];

/** One Worker under one kind of request. */
export interface Case {
  readonly name: CaseName;
  readonly title: string;
  readonly worker: keyof WorkerPorts;
  /** They take turns. */
  readonly hostnames: readonly string[];
  /** Each request is refused, and none else. */
  readonly refused?: true;
}

export const CASE_TITLES: Readonly<Record<CaseName, string>> = {
  respond: "a Worker that only responds",
  floor: "floor: a Worker that only does fetch",
  floorCall: "floor and one object call",
  leasedPublic: "edge, leased public hostname",
  leasedLink: "edge, leased link",
  unleased: "edge, unleased public hostname",
  limited: "edge, remembered 429",
};

/** @param previews of the edge that is measured */
export function createCases(previews: Previews): Case[] {
  const objects = Array.from({ length: UNLEASED_SANDBOXES }, (_, index) => `object-${index}.test`);
  const cases: Omit<Case, "title">[] = [
    { name: "respond", worker: "respond", hostnames: ["respond.test"] },
    { name: "floor", worker: "floor", hostnames: ["floor.test"] },
    { name: "floorCall", worker: "floorCall", hostnames: objects },
    ...createEdgeCases(previews, "edge"),
  ];
  return cases.map((each) => ({ ...each, title: CASE_TITLES[each.name] }));
}

/** The four ways of a request through the edge. */
export function createEdgeCases(previews: Previews, worker: "edge" | "countedEdge"): Omit<Case, "title">[] {
  return [
    { name: "leasedPublic", worker, hostnames: [previews.leasedPublic] },
    { name: "leasedLink", worker, hostnames: [previews.leasedLink] },
    { name: "unleased", worker, hostnames: previews.unleased },
    { name: "limited", worker, hostnames: [previews.limited], refused: true },
  ];
}
