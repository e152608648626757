import type { CallError } from "../api/problem.ts";

/** A refusal by its title, with what to do. */
export function Alert({ error, retry }: { readonly error: CallError; readonly retry?: () => void }) {
  return (
    <div class="alert" role="alert">
      <div>
        <strong>{error.title}</strong>
        <p>
          {error.message}
          {error.retryAfterS !== undefined && ` Try again in ${error.retryAfterS} s.`}
        </p>
      </div>
      {retry !== undefined && (
        <button type="button" class="button small" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}
