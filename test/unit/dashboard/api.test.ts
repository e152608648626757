import { expect, test } from "vitest";
import { nameFields } from "../../../dashboard/api/problem.ts";
import { parseHandedToken } from "../../../dashboard/api/session.ts";
import { parseRoute } from "../../../dashboard/route.ts";

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
