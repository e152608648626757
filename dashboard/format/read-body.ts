import type { Body } from "../api/types.ts";
import { decodeBase64, formatHex } from "./format-hex.ts";

/** Bytes that are shown as hex: more do not help, and would take long to draw. */
const MAX_HEX_BYTES = 4_096;

/** Images that a browser draws and that run nothing. */
const IMAGE = /^image\/(png|jpeg|gif|webp|avif)$/;

export type ShownBody =
  | { readonly kind: "form"; readonly entries: readonly (readonly [string, string])[] }
  | { readonly kind: "image"; readonly url: string }
  | { readonly kind: "text"; readonly text: string };

/** Chooses how a body is shown, by its type and what it contains. */
export function readBody({ content_type: type = "", text, base64, truncated }: Body): ShownBody {
  const mediaType = (type.split(";")[0] ?? "").trim().toLowerCase();
  if (base64 !== undefined) {
    if (IMAGE.test(mediaType) && !truncated)
      return { kind: "image", url: `data:${mediaType};base64,${base64}` };
    return { kind: "text", text: readHex(base64) };
  }
  const plain = text ?? "";
  if (mediaType === "application/x-www-form-urlencoded")
    return { kind: "form", entries: [...new URLSearchParams(plain)] };
  return { kind: "text", text: /[/+]json$/.test(mediaType) ? indentJson(plain) : plain };
}

function readHex(base64: string): string {
  try {
    return formatHex(decodeBase64(base64).subarray(0, MAX_HEX_BYTES));
  } catch {
    return "";
  }
}

function indentJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
