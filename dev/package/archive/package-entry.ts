/** A file or a symbolic link of a package; its path is absolute in the installed system. */
export type PackageEntry =
  | { readonly path: string; readonly content: Uint8Array | string; readonly mode?: number }
  | { readonly path: string; readonly target: string };
