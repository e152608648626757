import type { ComponentChildren, InputHTMLAttributes } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly error?: string | undefined;
}

/** A labelled input with its message beside it. */
export function TextField(
  props: FieldProps & {
    readonly value: string;
    readonly onValue: (value: string) => void;
    readonly mono?: boolean;
    readonly lines?: number;
    readonly attributes?: InputHTMLAttributes<HTMLInputElement>;
  },
) {
  const { label, hint, error, value, onValue, mono, lines, attributes } = props;
  const id = useId();
  const shared = {
    id,
    value,
    class: mono ? "input mono" : "input",
    "aria-invalid": error !== undefined,
    "aria-describedby": `${id}-note`,
    spellcheck: false,
  } as const;
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      {lines === undefined ? (
        <input {...shared} {...attributes} onInput={(event) => onValue(event.currentTarget.value)} />
      ) : (
        <textarea {...shared} rows={lines} onInput={(event) => onValue(event.currentTarget.value)} />
      )}
    </Frame>
  );
}

export function SelectField(
  props: FieldProps & {
    readonly value: string;
    readonly options: readonly (readonly [value: string, text: string])[];
    readonly onValue: (value: string) => void;
  },
) {
  const { label, hint, error, value, options, onValue } = props;
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <select
        id={id}
        class="input"
        value={value}
        aria-describedby={`${id}-note`}
        onChange={(event) => onValue(event.currentTarget.value)}
      >
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    </Frame>
  );
}

function Frame(props: {
  id: string;
  label: string;
  hint: string | undefined;
  error: string | undefined;
  children: ComponentChildren;
}) {
  const { id, label, hint, error, children } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      <p id={`${id}-note`} class={error === undefined ? "hint" : "field-error"}>
        {error === undefined ? hint : error}
      </p>
    </div>
  );
}
