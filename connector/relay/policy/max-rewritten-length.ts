/**
 * Of a field's value that the relay rewrites: far above what apps and browsers send. Rewriting takes linear time, so this
 * bounds how long one field can keep the event loop.
 */
export const MAX_REWRITTEN_LENGTH = 8 * 1024;
