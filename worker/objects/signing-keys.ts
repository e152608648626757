import { MAX_KEY_VERSION } from "../../shared/link/link-token.ts";

const VERSIONS = MAX_KEY_VERSION + 1;

/**
 * Which of a workspace's derived signing keys are valid. Revisions only grow, and each has a key of its own; a token
 * carries its revision's last five bits, the version.
 */
export interface SigningKeys {
  /** Signs. Raised with each change: a lower revision never replaces a higher one. */
  readonly revision: number;
  /** Revisions that still verify, and until when (unix milliseconds). No two share a version. */
  readonly previous: readonly { readonly revision: number; readonly validUntilMs: number }[];
}

export const FIRST_KEYS: SigningKeys = { revision: 0, previous: [] };

/** @returns 0–31 */
export function versionOf(revision: number): number {
  return revision % VERSIONS;
}

/**
 * The keys after a rotation.
 *
 * @param overlapMs how long the former keys verify on; 0 cuts them all
 */
export function rotate({ revision, previous }: SigningKeys, overlapMs: number, nowMs: number): SigningKeys {
  const next = revision + 1;
  if (overlapMs === 0) return { revision: next, previous: [] };
  const overlapping = [...previous, { revision, validUntilMs: nowMs + overlapMs }];
  return {
    revision: next,
    previous: overlapping.filter(
      (former) => versionOf(former.revision) !== versionOf(next) && former.validUntilMs > nowMs,
    ),
  };
}

/** @returns the revision that verifies a link of this version; `undefined` if none does */
export function findRevision(keys: SigningKeys, version: number, nowMs: number): number | undefined {
  return validRevisions(keys, nowMs).find((revision) => versionOf(revision) === version);
}

/** @returns the versions that verify a link */
export function validVersions(keys: SigningKeys, nowMs: number): number[] {
  return validRevisions(keys, nowMs).map(versionOf);
}

function validRevisions({ revision, previous }: SigningKeys, nowMs: number): number[] {
  const overlapping = previous.filter(({ validUntilMs }) => nowMs < validUntilMs);
  return [revision, ...overlapping.map((former) => former.revision)];
}
