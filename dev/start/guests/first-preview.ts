/** The port of a sandbox that the printed URLs lead to. */
export interface FirstPreview {
  readonly sandboxId: string;
  readonly port: number;
}
