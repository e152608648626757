const PATHS = {
  box: "M3 6.5 10 3l7 3.5v7L10 17l-7-3.5zM3 6.5l7 3.5m0 0 7-3.5M10 10v7",
  gauge: "M3.5 14a7 7 0 1 1 13 0M10 11.5l3.2-3.7",
  shield: "M10 2.8 4 5v4.6c0 3.6 2.6 6.1 6 7.6 3.4-1.5 6-4 6-7.6V5z",
  link: "M8.5 11.5a3 3 0 0 0 4.3 0l2.4-2.4a3 3 0 0 0-4.3-4.3l-.9.9M11.5 8.5a3 3 0 0 0-4.3 0l-2.4 2.4a3 3 0 0 0 4.3 4.3l.9-.9",
  open: "M8 5H5v10h10v-3M11 4h5v5M16 4l-7 7",
  copy: "M7 7h9v9H7zM4 13V4h9",
  book: "M4 4.5h5a1.5 1.5 0 0 1 1.5 1.5v10A1.5 1.5 0 0 0 9 14.5H4zM16.5 4.5h-4.500A1.500 1.500 0 0 0 10.500 6v10a1.500 1.500 0 0 1 1.500-1.500h4.500z",
  out: "M8 4H4.500v12H8M9 10h7.500m0 0-3-3m3 3-3 3",
  replay: "M4 10a6 6 0 1 1 1.800 4.300M4 15v-3.500h3.500",
} as const;

export type IconName = keyof typeof PATHS;

/** Decorates a text: a screen reader skips it. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
