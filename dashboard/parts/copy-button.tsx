import { useState } from "preact/hooks";
import { Icon } from "./icon.tsx";

const SHOWN_MS = 2_000;

export function CopyButton({ text, label = "Copy" }: { readonly text: string; readonly label?: string }) {
  const [outcome, setOutcome] = useState<string>();
  const copy = async (): Promise<void> => {
    const done = await navigator.clipboard.writeText(text).then(
      () => "Copied",
      () => "Select and copy it",
    );
    setOutcome(done);
    setTimeout(() => setOutcome(undefined), SHOWN_MS);
  };
  return (
    <button type="button" class="button small" onClick={copy}>
      <Icon name="copy" />
      <span aria-live="polite">{outcome ?? label}</span>
    </button>
  );
}
