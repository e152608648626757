import { expect, test } from "vitest";
import { nameFields } from "../../../dashboard/api/problem.ts";
import { parseHandedToken } from "../../../dashboard/api/session.ts";
import { parseRoute, parseSandboxId } from "../../../dashboard/route.ts";

test("nameFields() names members by their first part, and keeps the first message", () => {
  const errors = [
    { path: "/paths/0", message: "must start with /" },
    { path: "/paths/1", message: "second" },
    { path: "?limit", message: "must be less" },
    { path: "{id}", message: "must be an id" },
  ];
  expect(nameFields(errors)).toEqual({
    paths: "must start with /",
    limit: "must be less",
    id: "must be an id",
  });
});

test.each([
  ["#token=pvo_abc-1", "pvo_abc-1"],
  ["#token=", undefined],
  ["#token=a b", undefined],
  ["#/sandboxes", undefined],
  ["", undefined],
])("parseHandedToken(%j) is %j", (hash, expected) => {
  expect(parseHandedToken(hash)).toBe(expected);
});

test.each([
  ["", []],
  ["#/", []],
  ["#/sandboxes/a/share", ["sandboxes", "a", "share"]],
  ["#/limits/a%2Fb", ["limits", "a/b"]],
  ["#/limits/%", ["limits", "%"]],
])("parseRoute(%j) is %j", (hash, expected) => {
  expect(parseRoute(hash)).toEqual(expected);
});

const ID = "0f4bb8a1-3c2d-0e5f-0a9b-0c1d2e3f4a5b";

test.each([
  [`#/sandboxes/${ID}/share`, ID],
  [`#/sandboxes/${ID.toUpperCase()}`, ID],
  ["#/sandboxes/..%2F..%2Fadmin%2Forgs%3F", undefined],
  [`#/sandboxes/${ID}%2F..%2Fx`, undefined],
  [`#/sandboxes/${ID}%0A`, undefined],
  ["#/sandboxes", undefined],
])("parseSandboxId() of %j is %j: a link leads to no other call", (hash, expected) => {
  expect(parseSandboxId(parseRoute(hash)[1])).toBe(expected);
});
