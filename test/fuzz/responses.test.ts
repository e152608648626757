import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NodeMessage } from "../support/relay/node-parser.ts";
import { connectionNames, fieldLines, NodeParser } from "../support/relay/node-parser.ts";
import { FUZZ_TIMEOUT_MS, fuzz } from "./fuzz.ts";
import { FuzzStage } from "./fuzz-stage.ts";
import { cuts, fieldsAndBody, mostly, mutated, pieces } from "./generate-message.ts";
import { isPolicyField } from "./is-policy-field.ts";

const ODD_VERSIONS = ["HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/0.9", ""];
const ODD_STATUSES = ["100", "103", "101", "599", "600", "099", "20", "2000"];

const response = fc
  .tuple(
    mostly(["HTTP/1.1"], ODD_VERSIONS),
    mostly(["200", "404", "204", "205", "304"], ODD_STATUSES),
    mostly([" OK", "", " ", " O\tK \xe9"], [" O\x01K", "OK"]),
    fieldsAndBody,
  )
  .map(([version, status, reason, rest]) => `${version} ${status}${reason}\r\n${rest}`);

let stage: FuzzStage;
beforeAll(async () => {
  stage = await FuzzStage.start();
});
afterAll(() => stage.close());

function essence(message: NodeMessage, listed: ReadonlySet<string>): unknown {
  return {
    status: message.status,
    fields: fieldLines(message, (name) => isPolicyField(name, "response") || listed.has(name)),
    body: message.status === 205 ? "" : message.body,
  };
}

function finalResponse({ messages }: NodeParser): NodeMessage | undefined {
  // The body of a 205 is not read, so that it may be broken.
  return messages.find(({ status, complete }) => status >= 200 && (complete || status === 205));
}

test(
  "createRelay() lets through only responses that Node's parser reads, and as it reads them",
  async () => {
    await fuzz(
      "responses",
      fc.asyncProperty(
        mutated(fc.array(response, { minLength: 1, maxLength: 2 }).map((all) => all.join(""))),
        cuts,
        fc.constantFrom("GET", "GET", "HEAD", "POST"),
        async (text, at, method) => {
          const bytes = Buffer.from(text, "latin1");
          stage.first.onHostile = (socket) => {
            for (const piece of pieces(bytes, at)) socket.write(piece);
            socket.end();
          };
          const visitor = stage.visit();
          visitor.send(`${method} /hostile HTTP/1.1\r\nHost: first\r\nConnection: close\r\n\r\n`);
          const got = Buffer.from(await visitor.readToEnd(), "latin1");
          const aborted = await visitor.isAborted();
          visitor.socket.destroy();

          const node = finalResponse(
            new NodeParser("response", undefined, method === "HEAD").feed(bytes).finish(),
          );
          const relayed = new NodeParser("response", undefined, method === "HEAD").feed(got);
          if (!aborted) relayed.finish();
          expect(relayed.error).toBeUndefined();
          const passed = finalResponse(relayed);
          if (passed === undefined) expect(aborted).toBe(true);
          else if (!isOurs(passed)) {
            expect(node).toBeDefined();
            const listed = connectionNames(node!);
            expect(essence(passed, listed)).toEqual(essence(node!, listed));
          }
          await stage.canaries();
        },
      ),
    );
    await stage.untilIdle();
  },
  FUZZ_TIMEOUT_MS,
);

function isOurs({ fields }: NodeMessage): boolean {
  return fields.includes("preview-error");
}
