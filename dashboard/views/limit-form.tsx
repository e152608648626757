import { useState } from "preact/hooks";
import { useSession } from "../api/context.ts";
import type { CallError } from "../api/problem.ts";
import type { RateLimit } from "../api/types.ts";
import { toCallError } from "../api/use-call.ts";
import { Alert } from "../parts/alert.tsx";
import { CurlLink } from "../parts/curl-link.tsx";
import { TextField } from "../parts/field.tsx";
import { useToast } from "../parts/toast.tsx";

const MEMBERS = [
  ["per_second", "Requests a second", "0.01 to 10 000"],
  ["burst", "At once", "1 to 100 000"],
  ["page_requests", "Requests of a page", "0 to 1 000; 0: each counts"],
] as const;

type Name = (typeof MEMBERS)[number][0];

interface LimitFormProps {
  readonly limit: RateLimit;
  readonly onChange: (limit: RateLimit) => void;
}

/** Changes an org's limit; the former one is a click away. */
export function LimitForm({ limit, onChange }: LimitFormProps) {
  const { client } = useSession();
  const show = useToast();
  const [texts, setTexts] = useState<Record<Name, string>>(toTexts(limit));
  const [wrong, setWrong] = useState<Partial<Record<Name, string>>>({});
  const [error, setError] = useState<CallError>();
  const [isWorking, setWorking] = useState(false);

  const save = async (wanted: Record<Name, number>): Promise<void> => {
    setWorking(true);
    setError(undefined);
    try {
      const path = `/orgs/${encodeURIComponent(limit.org)}/rate-limit`;
      const changed = await client.call<RateLimit>("PUT", path, wanted);
      onChange(changed);
      setTexts(toTexts(changed));
      show("The limit is changed, and applies at once.", () => void save(toNumbers(limit)));
    } catch (reason) {
      setError(toCallError(reason));
    }
    setWorking(false);
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const found: Partial<Record<Name, string>> = {};
    for (const [name] of MEMBERS)
      if (!/^\d{1,6}(\.\d{1,4})?$/.test(texts[name].trim())) found[name] = "must be a number";
    setWrong(found);
    if (Object.keys(found).length > 0) return;
    const [rate, burst, pages] = MEMBERS.map(([name]) => Number(texts[name]));
    void save({ per_second: rate ?? 0, burst: burst ?? 0, page_requests: pages ?? 0 });
  };
  return (
    <section class="card pad" aria-labelledby="limit-title">
      <h2 id="limit-title">Change the limit</h2>
      {error !== undefined && Object.keys(error.fields).length === 0 && <Alert error={error} />}
      <form onSubmit={submit} noValidate>
        <div class="grid">
          {MEMBERS.map(([name, label, hint]) => (
            <TextField
              key={name}
              label={label}
              hint={hint}
              error={wrong[name] ?? error?.fields[name]}
              value={texts[name]}
              onValue={(text) => setTexts({ ...texts, [name]: text })}
              mono
              attributes={{ inputMode: "decimal" }}
            />
          ))}
        </div>
        <div class="actions">
          <button type="submit" class="button primary" disabled={isWorking}>
            {isWorking ? "Saving…" : "Save the limit"}
          </button>
          <CurlLink call="putRateLimit" />
        </div>
      </form>
    </section>
  );
}

function toNumbers({ per_second, burst, page_requests }: RateLimit): Record<Name, number> {
  return { per_second, burst, page_requests };
}

function toTexts(limit: RateLimit): Record<Name, string> {
  const { per_second: rate, burst, page_requests: pages } = limit;
  return { per_second: String(rate), burst: String(burst), page_requests: String(pages) };
}
