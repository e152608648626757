import { join } from "node:path";
import type { Plugin } from "esbuild";
import { build } from "esbuild";
import { readWorkerConfig } from "../../dev/edge/read-worker-config.ts";
import type { RateLimit } from "../../shared/limit/gcra.ts";
import type { UnverifiedLink } from "../../shared/link/link-token.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";

/** The edge's own modules, with the types that the simulation needs: their own types depend on workerd's. */
export interface EdgeModules {
  readonly worker: {
    fetch(request: Request, environment: object, context: object): Promise<Response>;
  };
  readonly Admissions: new (sandboxes: object | undefined) => Admissions;
  readonly objects: Readonly<Record<ObjectKind, ObjectClass>>;
  /** Called with each limit that an object applies to a request. */
  readonly watch: { limitApplied?: (limit: RateLimit) => void };
  /** How many requests a line of the log stands for; 0 where the request has none. */
  reportWeight(
    record: { readonly requestId: string; readonly asked: boolean; readonly repeated: boolean },
    response: Response,
    sampleRate: number,
  ): number;
  createTokenSecret(kind: "workspace"): string;
  putApiToken(
    policy: { put(key: string, value: string): Promise<void> },
    sha256: string,
    token: object,
  ): Promise<void>;
}

/** The name of its binding in `wrangler.toml`, such as `SANDBOX`. */
export type ObjectKind = string;
export type ObjectClass = new (context: object, environment: object) => EdgeObject;
export type EdgeObject = Record<string, (...args: unknown[]) => unknown>;

export interface Admissions {
  recall(address: Address, nowMs: number, page: Page): Admission | Refusal | undefined;
  awaitShare(address: Address, nowMs: number, page: Page): Promise<unknown> | undefined;
  ask(address: Address, nowMs: number, page: Page): Promise<Admission | Refusal>;
}

export interface Page {
  readonly kind: "navigation" | "own";
  readonly client: string;
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
export * as main from "./worker/main.ts";
export { Admissions } from "./worker/preview/admissions.ts";
export { reportWeight } from "./worker/report/report-request.ts";
export { createTokenSecret } from "./worker/policy/token-secret.ts";
export { putApiToken } from "./worker/policy/api-tokens.ts";
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
export const env = {};
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
  const { main, ...modules } = await import(`data:text/javascript;base64,${source}`);
  const objects = Object.entries(readWorkerConfig().durableObjects).map(([kind, { className }]) => [
    kind,
    main[className],
  ]);
  return { ...modules, worker: main.default, objects: Object.fromEntries(objects) };
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
