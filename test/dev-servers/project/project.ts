/** How a server's project is made. */
export interface Project {
  /** Packages of Debian. */
  readonly debian?: readonly string[];
  /** Shell commands, run once in an empty folder that the cache keeps; `npm` and `npx` ask nothing. */
  readonly create?: readonly string[];
  /** Files that are written over what they made, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Whose version the table shows. */
  readonly version: { readonly npm: string } | { readonly debian: string } | { readonly text: string };
}

/** The first occurrence of `from`, which must be there. */
export interface Replacement {
  readonly from: string;
  readonly to: string;
}

/** @throws {Error} where the text to replace is not there: the template has changed */
export function replaceOnce(path: string, text: string, { from, to }: Replacement): string {
  if (!text.includes(from)) throw new Error(`${path} does not contain ${JSON.stringify(from)}`);
  return text.replace(from, () => to);
}
