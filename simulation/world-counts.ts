/** What is counted of a simulation, besides the use of objects, KV and the log. */
export interface WorldCounts {
  readonly visits: VisitCounts;
  /** Calls of the API by name. */
  readonly apiCalls: Map<string, number>;
  /** Calls of the edge to hosts, other than previews. */
  hostCalls: number;
  /** When sandboxes have ended, by id; unix milliseconds. */
  readonly ended: Map<string, number>;
}

interface VisitCounts {
  requests: number;
  admitted: number;
  readonly refused: Map<string, number>;
  /** To sandboxes whose limit lets isolates lease. */
  readonly leasable: { requests: number; calls: number };
}

export function createWorldCounts(): WorldCounts {
  return {
    visits: { requests: 0, admitted: 0, refused: new Map(), leasable: { requests: 0, calls: 0 } },
    apiCalls: new Map(),
    hostCalls: 0,
    ended: new Map(),
  };
}
