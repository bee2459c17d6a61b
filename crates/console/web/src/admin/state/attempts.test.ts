import { expect, it } from "vitest";

import type { Attempt } from "../../api/deliveries";
import { isTaken, last } from "./attempts";

const attempt = (message: string, position: number): Attempt => ({
  message,
  position,
  n: 1,
  at: "2026-11-22T10:00:00.000000Z",
  ms: 3,
  state: "failed",
  channel: "c1",
});

it("only the last attempt at a message says where it stands", () => {
  const attempts = [attempt("a", 9), attempt("b", 7), attempt("a", 5), attempt("b", 3)];
  expect([...last(attempts)]).toEqual([9, 7]);
});

it.each([
  [200, true],
  [204, true],
  [302, false],
  [500, false],
  [undefined, false],
])("an answer of %s was taken: %s", (status, taken) => {
  expect(isTaken({ ...(status && { status }) })).toBe(taken);
});
