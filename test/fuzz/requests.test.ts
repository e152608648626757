import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NodeMessage } from "../support/relay/node-parser.ts";
import { connectionNames, fieldLines, NodeParser } from "../support/relay/node-parser.ts";
import { FUZZ_TIMEOUT_MS, fuzz } from "./fuzz.ts";
import { FuzzStage } from "./fuzz-stage.ts";
import { cuts, fieldsAndBody, mostly, mutated, pieces } from "./generate-message.ts";
import { isPolicyField } from "./is-policy-field.ts";

const ODD_METHODS = ["get", "FOO", "CONNECT", "M-SEARCH", ""];
const ODD_TARGETS = ["*", "http://first/a", "http://other/", "/\xe9", "", "/a b", "/#f"];
const ODD_VERSIONS = ["HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/0.9", ""];
const ODD_HOSTS = ["", "Host: first\r\nHost: second\r\n", "Host:\r\n", "Host: a b\r\n"];

/** Before a request; one empty line is ignored, a second one refused. */
const ODD_BEGINNINGS = ["\r\n", "\r\n\r\n", "\n", "\r"];

const request = fc
  .tuple(
    mostly([""], ODD_BEGINNINGS),
    mostly(["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH"], ODD_METHODS),
    mostly(["/", "/a?b=c", "//x/%2F..;a"], ODD_TARGETS),
    mostly(["HTTP/1.1"], ODD_VERSIONS),
    mostly(["Host: first\r\n", "host:first\r\n"], ODD_HOSTS),
    fieldsAndBody,
  )
  .map(
    ([beginning, method, target, version, host, rest]) =>
      `${beginning}${method} ${target} ${version}\r\n${host}${rest}`,
  );

/** Closes the connection, so that the visitor knows when all responses have come. */
const LAST = "GET /last HTTP/1.1\r\nHost: first\r\nConnection: close\r\n\r\n";

let stage: FuzzStage;
beforeAll(async () => {
  stage = await FuzzStage.start();
});
afterAll(() => stage.close());

function essence(message: NodeMessage): unknown {
  const listed = connectionNames(message);
  return {
    method: message.method,
    url: message.url.replace(/^http:\/\/first/, ""),
    fields: fieldLines(message, (name) => isPolicyField(name, "request") || listed.has(name)),
    body: message.body,
  };
}

test(
  "createRelay() lets through only requests that Node's parser reads, and as it reads them",
  async () => {
    await fuzz(
      "requests",
      fc.asyncProperty(
        mutated(fc.array(request, { minLength: 1, maxLength: 2 }).map((all) => all.join(""))),
        cuts,
        async (text, at) => {
          const bytes = Buffer.from(text + LAST, "latin1");
          const node = new NodeParser("request").feed(bytes);
          const complete = node.messages.filter((message) => message.complete);
          // A body that contains the last request keeps its connection open, so the test would wait forever.
          fc.pre(node.error !== undefined || complete.at(-1)?.url === "/last");
          stage.first.seen = [];
          stage.first.errors = [];

          const visitor = stage.visit();
          for (const piece of pieces(bytes, at)) visitor.send(piece);
          const got = await visitor.readToEnd();
          visitor.socket.destroy();

          expect(stage.first.errors).toEqual([]);
          const { seen } = stage.first;
          expect(seen.map(essence)).toEqual(complete.slice(0, seen.length).map(essence));
          const refused = got.includes("preview-error: request_malformed\r\n");
          const all = seen.length === complete.length && node.error === undefined;
          // What is not let through is refused, unless the visitor asked to close before.
          if (!all && !complete.slice(0, seen.length).some(closes)) expect(refused).toBe(true);
          await stage.canaries();
        },
      ),
    );
    await stage.untilIdle();
  },
  FUZZ_TIMEOUT_MS,
);

function closes(message: NodeMessage): boolean {
  return message.minor === 0 || connectionNames(message).has("close");
}
