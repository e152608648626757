// Generated from the API's OpenAPI document by dev/sdk/generate-types.ts: `npm run generate:sdk`.

/**
 * A running microVM.
 */
export interface SandboxInfo {
  id: string;
  /**
   * The workspace it belongs to.
   */
  workspace: string;
  /**
   * `unreachable` while its host is silent; `suspended` while the operator has suspended it. A sandbox that has stopped is not shown.
   */
  status: "running" | "unreachable" | "suspended";
  /**
   * The host that runs it.
   */
  host: string;
  /**
   * Changes each time it starts.
   */
  generation: string;
  /**
   * TCP ports that listen inside it, at most 32.
   *
   * Items: A TCP port.
   */
  ports: number[];
  /**
   * What it was started from, where this edge started it.
   */
  template?: string;
  /**
   * Processors of its machine, where its launcher reports them.
   */
  cpu?: number;
  /**
   * Memory of its machine in MiB, where its launcher reports it.
   */
  memory_mb?: number;
  /**
   * When it became reachable.
   */
  created_at: string;
}
export interface PreviewToken {
  url: string;
  /**
   * 63 characters, the link's hostname label. A secret: anyone who has it can open the link.
   */
  token: string;
  /**
   * By which the link is listed, and named in the audit trail. It does not open the link.
   */
  id: string;
  sandbox_id: string;
  /**
   * A TCP port.
   */
  port: number;
  /**
   * The paths that it opens, percent-encoded.
   */
  paths?: string[];
  /**
   * The origins that may embed the link's pages in a frame, and no other. The app's own `X-Frame-Options` and `frame-ancestors` are replaced, and its cookies become `SameSite=None; Secure; Partitioned`.
   *
   * @minItems 1
   * @maxItems 5
   */
  embed?: string[];
  /**
   * RFC 3339, UTC.
   */
  expires_at: string;
}
/**
 * Every refusal, as `application/problem+json` (RFC 9457).
 */
export interface Problem {
  type: "about:blank";
  title: string;
  status: number;
  /**
   * One sentence for people.
   */
  detail: string;
  /**
   * For programs; stable. Also in the `preview-error` field.
   */
  code: string;
  /**
   * Identifies this request in the edge's log.
   */
  request_id: string;
  /**
   * Whole seconds until a retry can succeed.
   */
  retry_after?: number;
  /**
   * Ports of the same sandbox on which a server listens.
   */
  open_ports?: number[];
  /**
   * Each wrong part: `/member` of the body, `?parameter` of the query, `{parameter}` of the path.
   */
  errors?: {
    path: string;
    message: string;
  }[];
}
/**
 * A request in the log of its host.
 */
export interface LoggedRequest {
  /**
   * A request's id in the log.
   */
  id: string;
  /**
   * When it came: RFC 3339, UTC, with milliseconds.
   */
  at: string;
  /**
   * A TCP port.
   */
  port: number;
  method: string;
  /**
   * With its query, which is not masked; in a list cut at 2048 characters.
   */
  path: string;
  /**
   * 0 where no response came.
   */
  status: number;
  duration_ms: number;
  /**
   * It is a replay of that request.
   */
  replay_of?: string;
  /**
   * It is not over: a WebSocket or an event stream.
   */
  open?: true;
  /**
   * The code by which the host refused it; absent where the app answered.
   */
  refused?: string;
  /**
   * How it ended; absent where it ended with its response.
   */
  outcome?: "aborted" | "visitor_left";
  /**
   * The id of the link by which it came, which does not open the link.
   */
  link?: string;
  /**
   * Of a WebSocket.
   */
  frames?: {
    /**
     * Frames that the visitor sent.
     */
    sent: number;
    /**
     * Frames that the visitor got.
     */
    received: number;
  };
}
/**
 * A request and its response. Secrets are masked.
 */
export interface RequestDetail {
  /**
   * A request's id in the log.
   */
  id: string;
  /**
   * When it came: RFC 3339, UTC, with milliseconds.
   */
  at: string;
  /**
   * A TCP port.
   */
  port: number;
  method: string;
  /**
   * With its query, which is not masked; in a list cut at 2048 characters.
   */
  path: string;
  /**
   * 0 where no response came.
   */
  status: number;
  duration_ms: number;
  /**
   * It is a replay of that request.
   */
  replay_of?: string;
  /**
   * It is not over: a WebSocket or an event stream.
   */
  open?: true;
  /**
   * The code by which the host refused it; absent where the app answered.
   */
  refused?: string;
  /**
   * How it ended; absent where it ended with its response.
   */
  outcome?: "aborted" | "visitor_left";
  /**
   * The id of the link by which it came, which does not open the link.
   */
  link?: string;
  /**
   * Of a WebSocket.
   */
  frames?: {
    /**
     * Frames that the visitor sent.
     */
    sent: number;
    /**
     * Frames that the visitor got.
     */
    received: number;
  };
  timing: {
    /**
     * At the edge, until it sent the request to the host.
     */
    edge_ms?: number;
    /**
     * At the host, until the app got the head.
     */
    connector_ms?: number;
    /**
     * In the app, until the head of its response.
     */
    guest_ms?: number;
    /**
     * From there to the end.
     */
    transfer_ms?: number;
  };
  /**
   * Fields whose values are shown as `***`.
   */
  masked: string[];
  replayable: boolean;
  /**
   * Why it cannot be replayed as it was.
   */
  not_replayable?: string;
  request: {
    method: string;
    path: string;
    /**
     * As the app got them.
     */
    headers: unknown[][];
    body: {
      /**
       * Its length as it was sent, without the chunked coding.
       */
      bytes: number;
      /**
       * Whether bodies were kept.
       */
      captured: boolean;
      /**
       * Only its beginning was kept: at most 65536 bytes.
       */
      truncated: boolean;
      content_type?: string;
      content_encoding?: string;
      /**
       * What is shown is without its `content_encoding`.
       */
      decoded?: true;
      /**
       * What was kept, where it is UTF-8.
       */
      text?: string;
      /**
       * What was kept, where it is not.
       */
      base64?: string;
    };
  };
  /**
   * `null` where the app sent none.
   */
  response: {
    status: number;
    reason: string;
    /**
     * As the app sent them.
     */
    headers: unknown[][];
    body: {
      /**
       * Its length as it was sent, without the chunked coding.
       */
      bytes: number;
      /**
       * Whether bodies were kept.
       */
      captured: boolean;
      /**
       * Only its beginning was kept: at most 65536 bytes.
       */
      truncated: boolean;
      content_type?: string;
      content_encoding?: string;
      /**
       * What is shown is without its `content_encoding`.
       */
      decoded?: true;
      /**
       * What was kept, where it is UTF-8.
       */
      text?: string;
      /**
       * What was kept, where it is not.
       */
      base64?: string;
    };
  } | null;
}
export interface CreateSandboxBody {
  /**
   * What it was started from, where this edge started it.
   */
  template: string;
  /**
   * Needed with a token of an org that has several workspaces; else the token's own.
   */
  workspace?: string;
}
export interface ReplayOverrides {
  method?: string;
  path?: string;
  headers?: {
    [k: string]: string | null;
  };
  body?: string;
  body_base64?: string;
}
export interface CreatePreviewTokenBody {
  /**
   * A TCP port.
   */
  port: number;
  /**
   * Its lifetime, at most 7 days.
   */
  ttl_seconds?: number;
  /**
   * The only paths that the link opens, together with all paths below them.
   *
   * @minItems 1
   * @maxItems 20
   */
  paths?: string[];
  /**
   * The origins that may embed the link's pages in a frame, and no other. The app's own `X-Frame-Options` and `frame-ancestors` are replaced, and its cookies become `SameSite=None; Secure; Partitioned`.
   *
   * @minItems 1
   * @maxItems 5
   */
  embed?: string[];
  /**
   * For people; empty for none.
   */
  label?: string;
  /**
   * Connect to the port first, and mint no link where no server listens (`port_closed`).
   */
  verify?: boolean;
}
