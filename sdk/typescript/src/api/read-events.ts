export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** A stream with a longer event is not the API's. */
const MAX_PENDING_LENGTH = 65_536;
/** The API sends a comment every 15 s. */
const MAX_SILENCE_MS = 45_000;

/**
 * Reads an event stream (HTML standard, section 9.2) until it ends.
 *
 * @throws {Error} where it is silent for 45 s, or sends an event of more than 64 KiB
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = "";
  try {
    for (;;) {
      const { value, done } = await withDeadline(reader);
      if (done) return;
      const blocks = (pending + decoder.decode(value, { stream: true })).split("\n\n");
      pending = blocks.pop() ?? "";
      for (const block of blocks) yield parseEvent(block);
      if (pending.length > MAX_PENDING_LENGTH) throw new Error("the stream's event is too long");
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function withDeadline(reader: ReadableStreamDefaultReader<Uint8Array>) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("the stream is silent")), MAX_SILENCE_MS);
  });
  try {
    return await Promise.race([reader.read(), silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** @returns an event without a name for a comment */
export function parseEvent(block: string): ServerEvent {
  let event = "";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).trim());
  }
  return { event, data: data.join("\n") };
}
