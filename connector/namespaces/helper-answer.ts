/** First line of an answer of the helper; after it comes what `ip` printed, and then the end. */
export const SUCCEEDED = "ok";
export const FAILED = "failed";

/** A line in place of one of `ip monitor`: events may have been missed. */
export const GAP = "gap";
