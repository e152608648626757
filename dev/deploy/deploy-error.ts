/** Something outside of this software prevents the deployment: the message states what, and what helps. */
export class DeployError extends Error {
  override readonly name = "DeployError";
}
