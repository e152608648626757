import { BoundedMap } from "../../shared/bounded-map.ts";
import type { Domains, Hostname } from "../../shared/link/parse-hostname.ts";
import { parseHostname } from "../../shared/link/parse-hostname.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { isRefusal } from "../../shared/refusal/refusal.ts";

/** Hostnames remembered in an isolate; the one parsed longest ago is forgotten first. */
const MAX_HOSTNAMES = 10_000;

const API = { kind: "api" } as const;

/** Parses hostnames, and remembers the result. Hostnames that are not ours are not remembered: they rarely repeat. */
export class HostnameCache {
  readonly #domains: Domains;
  readonly #apiHostnames: ReadonlySet<string>;
  readonly #hostnames = new BoundedMap<string, Hostname>(MAX_HOSTNAMES);

  /** @param apiHostnames hostnames that serve the API besides the one under the preview domain */
  constructor(domains: Domains, apiHostnames: ReadonlySet<string>) {
    this.#domains = domains;
    this.#apiHostnames = apiHostnames;
  }

  parse(text: string): Hostname | Refusal {
    const known = this.#hostnames.get(text);
    if (known !== undefined) return known;
    const hostname = this.#apiHostnames.has(text) ? API : parseHostname(text, this.#domains);
    if (!isRefusal(hostname)) this.#hostnames.set(text, hostname);
    return hostname;
  }
}
