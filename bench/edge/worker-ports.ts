/** The Workers of the bench by name, each with a socket of its own in the one workerd. */
export interface WorkerPorts {
  readonly respond: number;
  readonly floor: number;
  readonly floorCall: number;
  readonly edge: number;
  readonly countedEdge: number;
}
