import { renderUnicodeCompact } from "uqr";

/** A QR code of half-height blocks. */
export function renderQr(text: string): string {
  return renderUnicodeCompact(text, { ecc: "L", border: 2 });
}
