/** Limits on sizes, counts and times. Every option of the relay is here. */
export interface RelayLimits {
  /** Request line and fields of one request. */
  readonly maxRequestHeadBytes: number;
  readonly maxRequestFields: number;
  /** Status line and fields of one response, together with the interim responses before it. */
  readonly maxResponseHeadBytes: number;
  readonly maxResponseFields: number;
  readonly maxInterimResponses: number;

  readonly maxRequestsPerSandbox: number;
  readonly maxTunnelsPerSandbox: number;
  /** Requests and tunnels of all sandboxes together. */
  readonly maxStreams: number;
  /** Of a sandbox's requests and tunnels, for one link or one client under a public hostname. */
  readonly holderSharePercent: number;
  /** Of `maxStreams`, for the sandboxes of one workspace. */
  readonly workspaceSharePercent: number;
  /** A share binds only once so much of the whole is taken. */
  readonly sharesBindAtPercent: number;
  /** Where a limit is reached, the idlest upload is ended, if nothing of it has moved for so long. */
  readonly minIdleUploadMs: number;
  /** Then the idlest tunnel, if nothing of it has moved for so long. */
  readonly minIdleTunnelMs: number;

  /** Requests of one client that wait for one port to open. */
  readonly maxWaitersPerClient: number;
  /** Requests that wait for any port of a sandbox. */
  readonly maxWaitersPerSandbox: number;
  /** Of all sandboxes together; lowered at start to a tenth of the visitors' sockets. */
  readonly maxWaiters: number;
  /** How long the page that waits for a port has its stream. */
  readonly waitStreamMs: number;
  /** Between two comments on such a stream. */
  readonly waiterKeepAliveMs: number;
  /** How long a GET is held at most that prefers to wait for its port. */
  readonly maxHoldMs: number;
  /** How long an upgrade is held whose port is closed. */
  readonly upgradeHoldMs: number;

  /** Visitors' sockets, idle ones included; lowered at start to what the open-file limit allows. */
  readonly maxVisitorConnections: number;
  /** Visitors' sockets on which no request with a valid pass has come yet; the oldest makes room. */
  readonly maxUnprovenConnections: number;

  /** From the connection to the first request whose pass is valid. */
  readonly unprovenTimeoutMs: number;
  /** So long an unproven visitor keeps its connection also where there are too many: many may come at once. */
  readonly unprovenGraceMs: number;
  /** From a request's first byte to the end of its head. */
  readonly requestHeadTimeoutMs: number;
  /** From the request's last progress to the end of the response's head. */
  readonly responseHeadTimeoutMs: number;
  /** Between two pieces of a body or of an event stream. */
  readonly bodyIdleTimeoutMs: number;
  /** Between two requests of a visitor's connection. */
  readonly visitorIdleTimeoutMs: number;
  /** Between two requests of a guest's connection. */
  readonly guestIdleTimeoutMs: number;
  /** How long a visitor's unwanted bytes are read and dropped, so that no reset destroys the last response. */
  readonly lingerTimeoutMs: number;
  /** How long a tunnel stays open without data once one side has finished sending. */
  readonly halfOpenTimeoutMs: number;
  /** TCP keep-alive probes to guests, and to the visitors of tunnels, start after this silence. */
  readonly keepAliveProbeMs: number;
  /** How often guests are looked for that acknowledge nothing any more. */
  readonly darkGuestCheckMs: number;
  /** A guest's connection ends after so many retransmissions or probes in a row without a reply. */
  readonly maxGuestRetransmissions: number;

  readonly drainRequestsMs: number;
  /** After so much silence an idle visitor's connection is closed: at once, a request on its way would meet the close. */
  readonly drainIdleMs: number;
  /** Tunnels are closed one by one over this time, so that their visitors do not all reconnect at once. */
  readonly drainTunnelsMs: number;
  readonly drainHardStopMs: number;

  /** Granularity of every timeout above. */
  readonly sweepIntervalMs: number;
}

export const DEFAULT_RELAY_LIMITS: RelayLimits = {
  maxRequestHeadBytes: 32 * 1024,
  maxRequestFields: 200,
  maxResponseHeadBytes: 64 * 1024,
  maxResponseFields: 200,
  maxInterimResponses: 10,

  maxRequestsPerSandbox: 256,
  maxTunnelsPerSandbox: 256,
  maxStreams: 10_000,
  holderSharePercent: 25,
  workspaceSharePercent: 25,
  sharesBindAtPercent: 50,
  minIdleUploadMs: 5_000,
  minIdleTunnelMs: 30_000,

  maxWaitersPerClient: 8,
  maxWaitersPerSandbox: 128,
  maxWaiters: 2_000,
  waitStreamMs: 60_000,
  // Proxies end streams that are silent for 30 s and longer.
  waiterKeepAliveMs: 10_000,
  maxHoldMs: 10_000,
  upgradeHoldMs: 5_000,

  maxVisitorConnections: 20_000,
  maxUnprovenConnections: 1_000,

  unprovenTimeoutMs: 5_000,
  // The edge sends a pass at once. So 1 000 connections a second hold no more than 2 000 places.
  unprovenGraceMs: 1_000,
  requestHeadTimeoutMs: 10_000,
  // Cloudflare gives up on an origin after 120 s with its own 524: the relay's readable 504 comes first.
  responseHeadTimeoutMs: 110_000,
  bodyIdleTimeoutMs: 600_000,
  // Cloudflare closes idle connections to an origin after 900 s: it always closes first, so no request meets a close.
  visitorIdleTimeoutMs: 915_000,
  // Node's server closes after 5 s: the relay always closes first.
  guestIdleTimeoutMs: 3_000,
  lingerTimeoutMs: 2_000,
  halfOpenTimeoutMs: 30_000,
  keepAliveProbeMs: 30_000,
  darkGuestCheckMs: 10_000,
  // The seventh comes 25 s after what it repeats, as the time between them doubles from 200 ms.
  maxGuestRetransmissions: 7,

  drainRequestsMs: 30_000,
  drainIdleMs: 3_000,
  drainTunnelsMs: 20_000,
  drainHardStopMs: 60_000,

  sweepIntervalMs: 250,
};
