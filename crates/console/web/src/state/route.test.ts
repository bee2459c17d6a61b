import { expect, it } from "vitest";

import { format, parse } from "./route";
import type { Route } from "./route";

it.each<[string, Route]>([
  ["", { page: "desk", view: "queue", session: null }],
  ["#/mine", { page: "desk", view: "mine", session: null }],
  ["#/closed/0190-ab", { page: "desk", view: "closed", session: "0190-ab" }],
  ["#/nonsense", { page: "desk", view: "queue", session: null }],
  ["#/admin", { page: "admin", path: [] }],
  ["#/admin/users/a%20b", { page: "admin", path: ["users", "a b"] }],
  ["#/admin/%E0%A4%A", { page: "admin", path: ["%E0%A4%A"] }],
])("%s is a route", (hash, route) => {
  expect(parse(hash)).toEqual(route);
  expect(parse(format(route))).toEqual(route);
});
