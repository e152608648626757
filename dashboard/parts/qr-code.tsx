import { encode } from "uqr";

/** A QR code as one SVG path: dark on light in every scheme, as scanners need it. */
export function QrCode({ text }: { readonly text: string }) {
  const { data, size } = encode(text, { ecc: "L", border: 2 });
  const path = data
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")))
    .join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label="QR code of the link">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#0b0f19" />
    </svg>
  );
}
