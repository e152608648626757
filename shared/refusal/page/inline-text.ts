/** A style sheet or a script inside a page, which the page's Content-Security-Policy allows by its hash. */
export interface InlineText {
  readonly text: string;
  /** SHA-256 of `text` in base64. A literal: a page is made without a promise, and a test compares it. */
  readonly sha256: string;
}
