import { findLineEnd } from "../../relay/http1/find-line-end.ts";

export interface SplitHead {
  /** Request line or status line. */
  readonly line: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** Splits a head that was checked when it crossed the relay. */
export function splitHead(text: string): SplitHead {
  const lineEnd = findLineEnd(text, 0);
  const lines = text.slice(lineEnd + 2).split("\r\n");
  const fields = lines
    .filter((line) => line !== "")
    .map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    });
  return { line: text.slice(0, lineEnd), fields };
}

/** @param line of a request that the relay has written: `POST /hooks HTTP/1.1` */
export function splitRequestLine(line: string): { readonly method: string; readonly path: string } {
  const methodEnd = line.indexOf(" ");
  return { method: line.slice(0, methodEnd), path: line.slice(methodEnd + 1, line.lastIndexOf(" ")) };
}

/** The values of a field, in one. @param name in lower case */
export function findField({ fields }: SplitHead, name: string): string | undefined {
  const values = fields.filter(([sent]) => sent.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}
