import { useEffect, useRef, useState } from "preact/hooks";

/** Asks once more in its own place before it changes something that cannot be undone. */
export function ConfirmButton(props: {
  readonly label: string;
  readonly question: string;
  readonly onConfirm: () => Promise<unknown> | undefined;
}) {
  const [state, setState] = useState<"idle" | "asking" | "working">("idle");
  const confirm = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (state === "asking") confirm.current?.focus();
  }, [state]);
  if (state === "idle") {
    return (
      <button type="button" class="button small danger" onClick={() => setState("asking")}>
        {props.label}
      </button>
    );
  }
  const run = async (): Promise<void> => {
    setState("working");
    await props.onConfirm();
    setState("idle");
  };
  return (
    <span class="confirm">
      <span class="confirm-question">{props.question}</span>
      <button
        ref={confirm}
        type="button"
        class="button small danger solid"
        disabled={state === "working"}
        onClick={run}
      >
        {state === "working" ? "Working…" : props.label}
      </button>
      <button type="button" class="button small" onClick={() => setState("idle")}>
        Cancel
      </button>
    </span>
  );
}
