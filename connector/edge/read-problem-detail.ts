/** What the edge says in a problem document (RFC 9457); the status text where it says nothing. */
export async function readProblemDetail(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => undefined)) as { detail?: unknown } | undefined;
  return typeof problem?.detail === "string" ? problem.detail : response.statusText;
}
