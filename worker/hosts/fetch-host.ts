/** The same in all requests of an isolate: a binding. */
let certified: Pick<Fetcher, "fetch"> | undefined;

/**
 * Sends what follows to hosts with the edge's client certificate (`mtls_certificates` in wrangler.toml), so that
 * connectors can refuse all others. @param binding absent where the deployment has none
 */
export function useHostCertificate(binding: Pick<Fetcher, "fetch"> | undefined): void {
  certified = binding;
}

/** Sends a request to a host's connector. */
export function fetchHost(request: Request | string, init?: RequestInit): Promise<Response> {
  return certified === undefined ? fetch(request, init) : certified.fetch(request, init);
}
