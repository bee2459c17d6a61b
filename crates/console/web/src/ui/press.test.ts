import { expect, it } from "vitest";

import { holdFor } from "./press";

const rect = { left: 100, right: 180, top: 40, bottom: 72 };

it("a button that appears where the pointer has just pressed is disabled for a second", () => {
  for (const [x, y] of [
    [140, 56],
    [100, 40],
    [190, 60],
  ] as const)
    for (const now of [1_080, 1_400, 5_000]) expect(holdFor(rect, { x, y, at: 1_000 }, now)).toBe(1_000);
});

it("a button elsewhere is enabled at once", () => {
  for (const [x, y] of [
    [300, 56],
    [140, 200],
    [40, 56],
  ] as const)
    expect(holdFor(rect, { x, y, at: 1_000 }, 1_080)).toBe(0);
});

it("a button is enabled at once if nothing was pressed lately", () => {
  expect(holdFor(rect, null, 1_000)).toBe(0);
  expect(holdFor(rect, { x: 140, y: 56, at: 1_000 }, 60_000)).toBe(0);
});
