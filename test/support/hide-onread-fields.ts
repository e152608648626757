/**
 * Preloaded by `--import`: hides where Node keeps a socket's `onread`, as a later Node may do, so that the relay takes
 * its way without it.
 */
const HIDDEN = new Set(["kBuffer", "kBufferCb", "kBufferGen"]);

const getOwnPropertySymbols = Object.getOwnPropertySymbols;
Object.getOwnPropertySymbols = (value) =>
  getOwnPropertySymbols(value).filter(({ description = "" }) => !HIDDEN.has(description));
