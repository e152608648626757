import { randomBytes } from "node:crypto";

/** FIN and opcode 8; a payload of 2 bytes (RFC 6455, sections 5.5.1 and 7.4.1). */
const CLOSE_OPCODE = 0x88;
const GOING_AWAY = [0x03, 0xe9];
const MASKED = 0x80;

/**
 * The close frame of an endpoint that is going away, status 1001.
 *
 * @param fromClient masked, as all frames of a client are (RFC 6455, section 5.3)
 */
export function goingAwayFrame(fromClient: boolean): Buffer {
  const { length } = GOING_AWAY;
  if (!fromClient) return Buffer.from([CLOSE_OPCODE, length, ...GOING_AWAY]);
  const mask = randomBytes(4);
  return Buffer.from([
    CLOSE_OPCODE,
    MASKED | length,
    ...mask,
    ...GOING_AWAY.map((byte, index) => byte ^ mask[index]!),
  ]);
}
