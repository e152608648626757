import type { ExchangeDetail } from "../../api/types.ts";

const PARTS = [
  ["edge_ms", "edge"],
  ["connector_ms", "connector"],
  ["guest_ms", "app"],
  ["transfer_ms", "transfer"],
] as const;

/** Where the time went, to scale. */
export function TimingBar({ timing }: { readonly timing: ExchangeDetail["timing"] }) {
  const parts = PARTS.map(([key, name]) => ({ name, ms: timing[key] ?? 0 }));
  const total = Math.max(
    1,
    parts.reduce((sum, { ms }) => sum + ms, 0),
  );
  let x = 0;
  return (
    <figure class="timing">
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        {parts.map(({ name, ms }) => {
          const start = x;
          x += (ms / total) * 100;
          return <rect key={name} class={`timing-${name}`} x={start} width={(ms / total) * 100} height={4} />;
        })}
      </svg>
      <figcaption>
        {parts.map(({ name, ms }) => (
          <span key={name}>
            <i class={`dot timing-${name}`} aria-hidden="true" /> {name} {ms} ms
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
