/** Where a guest's agent listens. */
export interface AgentAddress {
  readonly host: string;
  readonly port: number;
}
