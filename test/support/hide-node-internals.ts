/**
 * Preloaded by `--import`: hides where Node keeps a socket's `onread`, and the way past its streams, as a later Node may
 * do, so that the relay does without.
 */
const HIDDEN = new Set(["kBuffer", "kBufferCb", "kBufferGen"]);

const getOwnPropertySymbols = Object.getOwnPropertySymbols;
Object.getOwnPropertySymbols = (value) =>
  getOwnPropertySymbols(value).filter(({ description = "" }) => !HIDDEN.has(description));

Object.assign(process, { binding: undefined });
