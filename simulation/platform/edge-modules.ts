import { join } from "node:path";
import type { Plugin } from "esbuild";
import { build } from "esbuild";
import type { RateLimit } from "../../shared/limit/gcra.ts";
import type { UnverifiedLink } from "../../shared/link/link-token.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";

/** The edge's own modules, with the types that the simulation needs: their own types depend on workerd's. */
export interface EdgeModules {
  readonly worker: {
    fetch(request: Request, environment: object, context: object): Promise<Response>;
  };
  readonly Admissions: new (sandboxes: object) => Admissions;
  readonly objects: Readonly<Record<ObjectKind, ObjectClass>>;
  /** Called with each limit that an object applies to a request. */
  readonly watch: { limitApplied?: (limit: RateLimit) => void };
}

export const OBJECT_KINDS = ["SANDBOX", "WORKSPACE", "HOST", "ORG"] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];
export type ObjectClass = new (context: object, environment: object) => EdgeObject;
export type EdgeObject = Record<string, (...args: unknown[]) => unknown>;

export interface Admissions {
  recall(address: Address, nowMs: number): Admission | Refusal | undefined;
  ask(address: Address, nowMs: number): Promise<Admission | Refusal>;
  forget(name: string): void;
}

export interface Address {
  readonly name: string;
  readonly sandboxId: string;
  readonly port: number;
  readonly link?: UnverifiedLink;
}

export interface Admission {
  readonly permits: number;
}

const ROOT = join(import.meta.dirname, "..", "..");

const ENTRY = `
export { default as worker } from "./worker/main.ts";
export { Admissions } from "./worker/preview/admissions.ts";
export { Sandbox } from "./worker/objects/sandbox.ts";
export { Workspace } from "./worker/objects/workspace.ts";
export { Host } from "./worker/objects/host.ts";
export { Org } from "./worker/objects/org.ts";
export { watch } from "watched:rate-buckets";
`;

/** The shipped buckets, which report the limit that they apply. */
const WATCHED_BUCKETS = `
import * as shipped from "./worker/objects/rate-buckets.ts";
export * from "./worker/objects/rate-buckets.ts";
export const watch = {};
export class RateBuckets extends shipped.RateBuckets {
  take(name, limit, ...rest) {
    watch.limitApplied?.(limit);
    return super.take(name, limit, ...rest);
  }
}
`;

const WORKERS_RUNTIME = `
export class DurableObject {
  constructor(context, environment) {
    this.ctx = context;
    this.env = environment;
  }
}
`;

/** Bundles the edge's sources for Node, with a stand-in for the one module that only workerd has. */
export async function loadEdgeModules(): Promise<EdgeModules> {
  const result = await build({
    stdin: { contents: ENTRY, resolveDir: ROOT, loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["worker", "browser"],
    plugins: [STAND_IN, WATCH],
    logLevel: "silent",
  });
  const source = Buffer.from(result.outputFiles[0]!.contents).toString("base64");
  const { worker, Admissions, Sandbox, Workspace, Host, Org, watch } = await import(
    `data:text/javascript;base64,${source}`
  );
  const objects = { SANDBOX: Sandbox, WORKSPACE: Workspace, HOST: Host, ORG: Org };
  return { worker, Admissions, objects, watch };
}

const STAND_IN: Plugin = {
  name: "stand-in for cloudflare:workers",
  setup(building) {
    building.onResolve({ filter: /^cloudflare:workers$/ }, () => ({
      path: "workers",
      namespace: "stand-in",
    }));
    building.onLoad({ filter: /.*/, namespace: "stand-in" }, () => ({ contents: WORKERS_RUNTIME }));
  },
};

const WATCH: Plugin = {
  name: "watched rate buckets",
  setup(building) {
    building.onResolve({ filter: /rate-buckets(\.ts)?$/ }, ({ namespace }) =>
      namespace === "watched" ? undefined : { path: "rate-buckets", namespace: "watched" },
    );
    building.onLoad({ filter: /.*/, namespace: "watched" }, () => ({
      contents: WATCHED_BUCKETS,
      resolveDir: ROOT,
    }));
  },
};
