import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Client } from "./client.ts";
import type { OwnToken } from "./types.ts";

export interface Session {
  readonly client: Client;
  readonly token: OwnToken;
  signOut(): void;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error("there is no session");
  return session;
}
