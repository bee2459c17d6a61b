import { describe, expect, it } from "vitest";

import type { Attempt } from "../../api/deliveries";
import { byMessage, isAccepted, isRetriable, outcome, outcomeReason } from "./attempts";

const attempt = (message: string, position: number, change: Partial<Attempt> = {}): Attempt => ({
  message,
  position,
  n: 1,
  at: "2026-11-22T10:00:00.000000Z",
  ms: 3,
  state: "failed",
  channel: "c1",
  ...change,
});

it("lists each message once, by its newest attempt", () => {
  const attempts = [attempt("a", 9), attempt("b", 7), attempt("a", 5), attempt("b", 3)];
  expect(byMessage(attempts).map(({ position }) => position)).toEqual([9, 7]);
});

describe("the outcome of a message", () => {
  const reason = { code: "unexpected_status", message: "the messenger answered 500" };

  it.each(["accepted", "delivered", "read"] as const)("is %s, whatever an attempt was", (state) => {
    const delivery = { state, attempts: 2 };
    const superseded = attempt("a", 1, { state: "sending", reason, delivery });
    expect(outcome(superseded)).toBe(state);
    expect(outcomeReason(superseded)).toBeUndefined();
    expect(isRetriable(superseded)).toBe(false);
  });

  it.each(["sending", "failed", "expired"] as const)("is %s, with the reason", (state) => {
    const pending = attempt("a", 1, { state: "sending", delivery: { state, attempts: 2, reason } });
    expect([outcome(pending), outcomeReason(pending)]).toEqual([state, reason]);
    expect(isRetriable(pending)).toBe(true);
  });

  it("is the state after the attempt for a message that is gone", () => {
    expect(outcome(attempt("a", 1, { state: "failed", reason }))).toBe("failed");
  });
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
