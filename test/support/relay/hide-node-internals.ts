/**
 * Preloaded by `--import`: hides what `connector/relay/socket/node-internals.ts` uses, as a later Node may do, so that the
 * relay works without it.
 */
const HIDDEN = new Set(["kBuffer", "kBufferCb", "kBufferGen"]);

const getOwnPropertySymbols = Object.getOwnPropertySymbols;
Object.getOwnPropertySymbols = (value) =>
  getOwnPropertySymbols(value).filter(({ description = "" }) => !HIDDEN.has(description));

Object.assign(process, { binding: undefined });
