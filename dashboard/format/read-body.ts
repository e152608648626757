import type { Body } from "../api/types.ts";
import { decodeBase64, formatHex } from "./format-hex.ts";

/** Bytes that are shown as hex: more do not help, and would take long to draw. */
const MAX_HEX_BYTES = 4_096;

/** Fields of a form that are listed: a sender may send 30 000 empty ones, which a browser draws for seconds. */
const MAX_FORM_FIELDS = 500;

/** Levels of JSON that are indented: the indentation of 5 000 would take 50 MB. */
const MAX_JSON_DEPTH = 64;

/** Longer JSON is shown as it came. */
const MAX_INDENTED_LENGTH = 1024 * 1024;

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
  if (mediaType === "application/x-www-form-urlencoded") {
    const entries = [...new URLSearchParams(plain)];
    if (entries.length <= MAX_FORM_FIELDS) return { kind: "form", entries };
  }
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
  if (depthOf(text) > MAX_JSON_DEPTH) return text;
  try {
    const indented = JSON.stringify(JSON.parse(text), undefined, 2);
    return indented.length <= MAX_INDENTED_LENGTH ? indented : text;
  } catch {
    return text;
  }
}

/** How deep arrays and objects are nested in what is JSON. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') isInString = !isInString;
    else if (isInString) at += character === "\\" ? 1 : 0;
    else if (character === "[" || character === "{") deepest = Math.max(deepest, ++depth);
    else if (character === "]" || character === "}") depth--;
  }
  return deepest;
}
