/** Of a preview URL: the public hostname, or a link's. */
export type Flavour = "public" | "link";
export const FLAVOURS: readonly Flavour[] = ["public", "link"];
