import { useEffect, useMemo, useState } from "preact/hooks";
import { apiOrigin, Client } from "./api/client.ts";
import { SessionContext } from "./api/context.ts";
import type { CallError } from "./api/problem.ts";
import { forgetToken, keepToken, readToken, takeHandedToken } from "./api/session.ts";
import type { OwnToken } from "./api/types.ts";
import { toCallError } from "./api/use-call.ts";
import { Loading } from "./parts/empty.tsx";
import { ToastArea } from "./parts/toast.tsx";
import { Shell } from "./shell.tsx";
import { SignIn } from "./views/sign-in.tsx";

/** The whole page: a form for a token, or the dashboard of what the token opens. */
export function App() {
  const [secret, setSecret] = useState(readToken());
  const [token, setToken] = useState<OwnToken>();
  const [error, setError] = useState<CallError>();
  const client = useMemo(
    () => (secret === undefined ? undefined : new Client(apiOrigin(), secret)),
    [secret],
  );

  useEffect(() => {
    setToken(undefined);
    if (client === undefined) return;
    client
      .call<OwnToken>("GET", "/token")
      .then((own) => {
        setError(undefined);
        setToken(own);
      })
      .catch((reason: unknown) => {
        forgetToken();
        setSecret(undefined);
        setError(toCallError(reason));
      });
  }, [client]);

  // A link that is opened in this tab changes its fragment, and loads nothing.
  useEffect(() => {
    const follow = (): void => {
      const handed = takeHandedToken();
      if (handed !== undefined) setSecret(handed);
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);

  const signIn = (text: string): void => {
    keepToken(text);
    setError(undefined);
    setSecret(text);
  };
  const signOut = (): void => {
    forgetToken();
    setSecret(undefined);
    location.hash = "#/";
  };

  if (client === undefined) return <SignIn error={error} onToken={signIn} />;
  if (token === undefined) return <Loading label="Signing in" />;
  return (
    <SessionContext.Provider value={{ client, token, signOut }}>
      <ToastArea>
        <Shell />
      </ToastArea>
    </SessionContext.Provider>
  );
}
