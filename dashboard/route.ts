import { useEffect, useState } from "preact/hooks";

/** The parts of the fragment: `#/sandboxes/{id}/requests`. */
export function parseRoute(hash: string): string[] {
  return hash
    .replace(/^#\/?/, "")
    .split("/")
    .filter((part) => part !== "")
    .map(decode);
}

const SANDBOX_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * A sandbox's id of the fragment, which anybody may have written into a link: it becomes a part of calls' paths, so
 * nothing else may be there.
 */
export function parseSandboxId(part: string | undefined): string | undefined {
  const id = part?.toLowerCase();
  return id !== undefined && SANDBOX_ID.test(id) ? id : undefined;
}

export function useRoute(): string[] {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = (): void => setHash(location.hash);
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return parseRoute(hash);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
