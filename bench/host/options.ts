/** The options of a run. */
export interface Options {
  readonly json: boolean;
  readonly sandboxes: number;
  /** Length of the idle time that is measured. */
  readonly seconds: number;
  readonly connectorCore: number;
  readonly loadCore: number;
  /** For a profile: Node's flags before the connector's file. */
  readonly connectorFlags: readonly string[];
}
