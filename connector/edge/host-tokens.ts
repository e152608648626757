import type { CryptoKey as JoseKey } from "jose";
import type { HostCaller } from "../../shared/protocol/host-token.ts";
import { signHostToken } from "../../shared/protocol/host-token.ts";

/**
 * A token is sent with several calls for so long, a third of its life: where thousands of guests are announced, the
 * signatures would be a tenth of the work.
 */
export const TOKEN_USE_MS = 20_000;

/** The tokens with which a host's calls are signed. */
export class HostTokens {
  readonly #hostId: string;
  readonly #key: JoseKey;
  #last:
    | { readonly signedAtMs: number; readonly takesOver: boolean; readonly token: Promise<string> }
    | undefined;

  constructor(hostId: string, key: JoseKey) {
    this.#hostId = hostId;
    this.#key = key;
  }

  find(caller: HostCaller, nowMs: number): Promise<string> {
    const last = this.#last;
    const ageMs = last === undefined ? Number.POSITIVE_INFINITY : nowMs - last.signedAtMs;
    // A clock that was set back makes the last one a token of the future.
    if (last !== undefined && ageMs >= 0 && ageMs < TOKEN_USE_MS && last.takesOver === caller.takesOver)
      return last.token;
    const token = signHostToken(this.#hostId, this.#key, nowMs, caller);
    this.#last = { signedAtMs: nowMs, takesOver: caller.takesOver, token };
    return token;
  }

  /** The edge has refused it. */
  forget(): void {
    this.#last = undefined;
  }
}
