/** Which of a workspace's derived signing keys hold. */
export interface SigningKeys {
  /** Raised with each change; a lower one is old news. */
  readonly revision: number;
  /** Version that signs, 0–31. */
  readonly current: number;
  /** Versions that still verify, and until when (unix milliseconds). */
  readonly previous: readonly { readonly version: number; readonly validUntilMs: number }[];
}

export const FIRST_KEYS: SigningKeys = { revision: 0, current: 0, previous: [] };

/** @returns the versions that verify a link */
export function validVersions(keys: SigningKeys, nowMs: number): number[] {
  const overlapping = keys.previous.filter(({ validUntilMs }) => nowMs < validUntilMs);
  return [keys.current, ...overlapping.map(({ version }) => version)];
}

export function isValidVersion(keys: SigningKeys, version: number, nowMs: number): boolean {
  return validVersions(keys, nowMs).includes(version);
}
