import { expect, it } from "vitest";

import { pause } from "./link";

it("waits longer with each failure, up to a bound, and never quite as long as others", () => {
  expect(pause(0, 1)).toBe(500);
  expect(pause(2, 1)).toBe(2_000);
  expect(pause(2, 0)).toBe(1_000);
  expect(pause(50, 1)).toBe(15_000);
});
