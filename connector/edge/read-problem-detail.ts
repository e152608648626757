/** The `detail` of the edge's problem document (RFC 9457); the status text where there is none. */
export async function readProblemDetail(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => undefined)) as { detail?: unknown } | undefined;
  return typeof problem?.detail === "string" ? problem.detail : response.statusText;
}
