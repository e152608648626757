import { useState } from "preact/hooks";
import type { CallError } from "../api/problem.ts";
import { Alert } from "../parts/alert.tsx";
import { TextField } from "../parts/field.tsx";

const FORM = /^[A-Za-z0-9._~+/=-]{8,512}$/;

export function SignIn(props: { error: CallError | undefined; onToken: (token: string) => void }) {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState<string>();
  const submit = (event: Event): void => {
    event.preventDefault();
    const text = token.trim();
    const wrong = FORM.test(text)
      ? undefined
      : "must be an API token, such as pvw_… or pvo_…, without spaces";
    setProblem(wrong);
    if (wrong === undefined) props.onToken(text);
  };
  return (
    <main class="sign-in">
      <form class="card sign-in-card" onSubmit={submit} noValidate>
        <span class="brand-mark large" aria-hidden="true" />
        <h1>Preview URLs</h1>
        <p class="lead">Every port of your sandboxes, who may open it, and what came in.</p>
        {props.error !== undefined && <Alert error={props.error} />}
        <TextField
          label="API token"
          hint="Kept in this tab only, until you close it or sign out."
          error={problem}
          value={token}
          onValue={setToken}
          mono
          attributes={{ type: "password", autocomplete: "off", autofocus: true }}
        />
        <button type="submit" class="button primary wide">
          Sign in
        </button>
      </form>
    </main>
  );
}
