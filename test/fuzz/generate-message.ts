import * as fc from "fast-check";

/** Bytes on which parsers have disagreed. */
const ODD_BYTES = [
  "\r",
  "\n",
  "\r\n",
  "\0",
  " ",
  "\t",
  ":",
  ",",
  ";",
  "=",
  "0",
  "5",
  "-",
  "+",
  "x",
  "\x7f",
  "\x80",
  "\xff",
  "\x0b",
  '"',
  "_",
];

const NAMES = [
  "x-a",
  "X-B",
  "Accept",
  "Cookie",
  "x-empty",
  "user-agent",
  "Referer-X",
  "etag",
  "a!#$%&'*+.^_`|~9",
  // What guests and visitors have stopped or deceived the relay by.
  "Refresh",
  "Link",
  "Location",
  "Set-Cookie",
  "Clear-Site-Data",
  "Content-Type",
  "Transfer---Encoding",
  "Transfer$Encoding",
  "contentlength",
  "previewpass",
  "Proxy",
  "X-Envoy-Internal",
  "x".repeat(300),
];
const VALUES = [
  "",
  "1",
  "a b",
  "\ta\t",
  "text/html, */*",
  "a=b; c=d",
  "\xe9\xff",
  '"quoted, value"',
  "x".repeat(300),
  `${"\xa0".repeat(500)}x`,
  "5; url='http://localhost:3000/",
  "<http://localhost:3000/>, <",
  "a=b; Domain=\xef\xbd\x85xample.com;; domain",
  "CF_Authorization=x; __cf_bm=y, cf_clearance=z",
  '"cookies", "*", "storage"',
  ";".repeat(300),
];
const FRAMING = [
  "Content-Length: 5",
  "content-length: 0",
  "Content-Length: 05",
  "Content-Length: +5",
  "Content-Length: 5, 5",
  "Content-Length:",
  "Content-Length : 5",
  "Content_Length: 7",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: Chunked",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: chunked, identity",
  "Transfer-Encoding:",
  "Transfer-Encoding: x",
  "Connection: close",
  "Connection: keep-alive, x-a",
  `Connection: ${"a,".repeat(31)}`,
  `Connection: ${"a,".repeat(32)}`,
  "Trailer: x-t",
  " folded",
];

const field = fc
  .tuple(fc.constantFrom(...NAMES), fc.constantFrom(":", ": ", ":  ", ":\t"), fc.constantFrom(...VALUES))
  .map((parts) => parts.join(""));

const chunk = fc
  .tuple(
    fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 20 }),
    fc.constantFrom("", "", "", ";a", ";a=b", ';a="b c"', ";a=b;c"),
    fc.boolean(),
  )
  .map(([data, extension, upper]) => {
    const size = data.length.toString(16);
    return `${upper ? size.toUpperCase() : size}${extension}\r\n${data}\r\n`;
  });

const chunks = fc
  .tuple(fc.array(chunk, { maxLength: 3 }), fc.constantFrom("", "", "x-t: 1\r\n", "x-t: 1\r\nx-u:\r\n"))
  .map(([pieces, trailers]) => `${pieces.join("")}0\r\n${trailers}\r\n`);

const body = fc.oneof(
  fc.constant({ lines: [] as string[], text: "" }),
  fc
    .string({ unit: "binary-ascii", maxLength: 40 })
    .map((text) => ({ lines: [`Content-Length: ${text.length}`], text })),
  chunks.map((text) => ({ lines: ["Transfer-Encoding: chunked"], text })),
);

/** Mostly `usual`, so that a message is seldom refused for several reasons at once. */
export function mostly<T>(usual: readonly [T, ...T[]], odd: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...usual) },
    { weight: 1, arbitrary: fc.constantFrom(...odd) },
  );
}

/** Field lines and a body that mostly fit each other. */
export const fieldsAndBody = fc
  .tuple(
    fc.array(field, { maxLength: 5 }),
    fc.oneof(
      { weight: 8, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(fc.constantFrom(...FRAMING), { maxLength: 2 }) },
    ),
    body,
    fc.boolean(),
  )
  .map(([fields, framing, { lines, text }, first]) => {
    const all = first ? [...lines, ...fields, ...framing] : [...fields, ...framing, ...lines];
    return `${all.map((line) => `${line}\r\n`).join("")}\r\n${text}`;
  });

const PLACES = 10_000;

interface Mutation {
  readonly kind: "insert" | "replace" | "delete" | "double";
  readonly at: number;
  readonly byte: string;
}

/** A place in a message, as a part of its length; without bias, which would change mostly the first byte. */
const place = fc.noBias(fc.nat({ max: PLACES - 1 })).map((index) => index / PLACES);

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom("insert", "replace", "delete", "double"),
  at: place,
  byte: fc.constantFrom(...ODD_BYTES),
});

/** The message as it is, or with up to three changes. */
export function mutated(message: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const mutations = fc.oneof(fc.constant<Mutation[]>([]), fc.array(mutation, { minLength: 1, maxLength: 3 }));
  return fc.tuple(message, mutations).map(([text, changes]) => changes.reduce(mutate, text));
}

function mutate(text: string, { kind, at, byte }: Mutation): string {
  const index = Math.floor(at * text.length);
  const after = text.slice(index + 1);
  switch (kind) {
    case "insert":
      return text.slice(0, index) + byte + text.slice(index);
    case "replace":
      return text.slice(0, index) + byte + after;
    case "delete":
      return text.slice(0, index) + after;
    case "double":
      return text.slice(0, index) + text.slice(index, index + 8) + text.slice(index);
  }
}

/** Where a message is cut into writes, as parts of its length. */
export const cuts = fc.array(place, { maxLength: 3 });

/** Cuts a message into its writes. */
export function pieces(bytes: Buffer, at: readonly number[]): Buffer[] {
  const ends = [...at.map((part) => Math.floor(part * bytes.length)).sort((a, b) => a - b), bytes.length];
  return ends
    .map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
    .filter(({ length }) => length > 0);
}
