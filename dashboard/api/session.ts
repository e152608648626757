const KEY = "api-token";

/** The token of this tab; it is gone when the tab is closed. */
export function readToken(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}

export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
}

/** Takes a token from the fragment, which no server sees, and removes it from the address and the history. */
export function takeHandedToken(): string | undefined {
  const token = parseHandedToken(location.hash);
  if (token === undefined) return undefined;
  keepToken(token);
  history.replaceState(null, "", `${location.pathname}#/`);
  return token;
}

/** @param hash `#token=…` */
export function parseHandedToken(hash: string): string | undefined {
  return /^#token=([A-Za-z0-9._~+/=-]{1,512})$/.exec(hash)?.[1];
}
