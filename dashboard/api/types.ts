import type { SandboxInfo } from "../../sdk/typescript/src/api/types.ts";

export type { PreviewToken, SandboxInfo } from "../../sdk/typescript/src/api/types.ts";

export type Access = "public" | "private" | "off";

export interface OwnToken {
  readonly kind: "workspace" | "org" | "admin";
  readonly role?: "viewer" | "developer" | "owner";
  readonly org?: string;
  readonly workspaces: readonly string[];
  readonly expires_at?: string;
  readonly preview_suffix: string;
  readonly link_suffix: string;
}

export interface Port {
  readonly port: number;
  readonly access: Access;
  readonly host_policy: "local" | "public";
  readonly scheme: "http" | "https";
  readonly label: string;
  readonly listening: boolean;
  readonly capture?: { readonly bodies: boolean; readonly mask: readonly string[] } | null;
}

export interface Link {
  readonly id: string;
  readonly port: number;
  readonly label: string;
  readonly paths?: readonly string[];
  readonly embed?: readonly string[];
  readonly created_by: { readonly kind: string; readonly id?: string };
  readonly created_at: string;
  readonly expires_at: string;
  readonly last_used_at?: string;
}

export interface RateLimit {
  readonly org: string;
  readonly per_second: number;
  readonly burst: number;
  readonly page_requests: number;
  readonly max_rate_limit?: { readonly per_second: number; readonly burst: number };
}

export interface OrgUsage {
  readonly until: string;
  readonly step_s: number;
  readonly steps: number;
  readonly admitted: number;
  readonly refused: number;
  readonly series: { readonly admitted: readonly number[]; readonly refused: readonly number[] };
  readonly sandboxes: readonly {
    readonly id: string;
    readonly workspace: string;
    readonly admitted: number;
    readonly refused: number;
  }[];
  readonly sandbox_count: number;
  readonly complete: boolean;
}

export interface Exchange {
  readonly id: string;
  readonly at: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly duration_ms: number;
  readonly replay_of?: string;
  readonly open?: boolean;
  readonly refused?: string;
  readonly outcome?: string;
  readonly frames?: { readonly sent: number; readonly received: number };
}

export interface Body {
  readonly bytes: number;
  readonly captured: boolean;
  readonly truncated: boolean;
  readonly content_type?: string;
  readonly content_encoding?: string;
  readonly text?: string;
  readonly base64?: string;
}

export type Headers = readonly (readonly [string, string])[];

export interface ExchangeDetail extends Exchange {
  readonly timing: {
    readonly edge_ms?: number;
    readonly connector_ms: number;
    readonly guest_ms: number;
    readonly transfer_ms: number;
  };
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Headers;
    readonly body: Body;
  };
  readonly response: {
    readonly status: number;
    readonly reason: string;
    readonly headers: Headers;
    readonly body: Body;
  } | null;
  readonly replayable: boolean;
  readonly not_replayable?: string;
}

export interface Suspension {
  readonly kind: "orgs" | "workspaces" | "sandboxes";
  readonly id: string;
  readonly reason: string;
  readonly since: string;
}

export interface AuditEntry {
  readonly at: string;
  readonly who: { readonly kind: string; readonly id?: string };
  readonly what: string;
  readonly on: string;
  readonly from?: string;
  readonly result: string;
}

export interface ApiTokenInfo {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly created_at: string;
  readonly expires_at?: string;
}

export type Sandbox = SandboxInfo;
