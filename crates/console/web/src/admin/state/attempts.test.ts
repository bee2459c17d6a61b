import { expect, it } from "vitest";

import type { Attempt } from "../../api/deliveries";
import { isAccepted, lastAttempts } from "./attempts";

const attempt = (message: string, position: number): Attempt => ({
  message,
  position,
  n: 1,
  at: "2026-11-22T10:00:00.000000Z",
  ms: 3,
  state: "failed",
  channel: "c1",
});

it("finds the last attempt of each message", () => {
  const attempts = [attempt("a", 9), attempt("b", 7), attempt("a", 5), attempt("b", 3)];
  expect([...lastAttempts(attempts)]).toEqual([9, 7]);
});

it.each([
  [200, true],
  [204, true],
  [302, false],
  [500, false],
  [undefined, false],
])("status %s means accepted: %s", (status, accepted) => {
  expect(isAccepted({ ...(status && { status }) })).toBe(accepted);
});
