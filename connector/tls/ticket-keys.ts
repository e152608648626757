import { randomBytes } from "node:crypto";

/**
 * The keys of session tickets (RFC 5077, section 4): a visitor's connection that resumes a session saves the certificate,
 * its signature and, under mTLS, the client's certificate.
 *
 * Every process that accepts connections of one listener needs the same keys, since any of them may get the connection
 * that resumes. One process rotates them (`rotateTicketKeys`), and each listener takes them (`Listener.setTicketKeys`).
 * Node holds one set at a time: tickets of the former one end with it, and cost a full handshake.
 */

/** 16 bytes of name, of HMAC key and of AES key, in Node's order. */
export const TICKET_KEYS_BYTES = 48;

/** Who has the keys can read what was recorded of TLS 1.2 sessions: they are in memory only, and for this time. */
export const TICKET_KEYS_LIFE_MS = 12 * 3_600_000;

export function createTicketKeys(): Buffer {
  return randomBytes(TICKET_KEYS_BYTES);
}

/**
 * Gives new keys at once, and again each time that their life has ended.
 *
 * @returns a function that stops
 */
export function rotateTicketKeys(use: (keys: Buffer) => void): () => void {
  use(createTicketKeys());
  const timer = setInterval(() => use(createTicketKeys()), TICKET_KEYS_LIFE_MS);
  timer.unref();
  return () => clearInterval(timer);
}
