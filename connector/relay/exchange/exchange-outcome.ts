/** `answered`: to the response's last byte; `refused`: by the relay; `aborted`: cut off after the response had begun. */
export type ExchangeOutcome = "answered" | "refused" | "aborted" | "visitor_left" | "tunnel_closed";
