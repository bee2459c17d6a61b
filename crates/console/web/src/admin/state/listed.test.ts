import { describe, expect, it } from "vitest";

import type { Position } from "../../api/types";
import { NOTHING, extended, refreshed } from "./listed";

const page = (positions: Position[], next: Position | null = null) => ({
  items: positions.map((position) => ({ position })),
  next,
});

describe("a list in pages", () => {
  it("goes on behind its end", () => {
    expect(extended(page([9, 8], 8), page([7, 6], 6))).toEqual(page([9, 8, 7, 6], 6));
    expect(extended(page([9, 8], 8), page([7]))).toEqual(page([9, 8, 7]));
  });

  it("grows at its top, and keeps what was read before", () => {
    expect(refreshed(page([9, 8, 7, 6], 6), page([11, 10, 9], 9))).toEqual(
      page([11, 10, 9, 8, 7, 6], 6),
    );
  });

  it("stays as it is where nothing is new", () => {
    expect(refreshed(page([9, 8, 7], 7), page([9, 8], 8))).toEqual(page([9, 8, 7], 7));
  });

  it("begins anew where so much is new that something between may be missing", () => {
    expect(refreshed(page([9, 8], 8), page([30, 29], 29))).toEqual(page([30, 29], 29));
  });

  it("keeps what was found far back where the newest page has nothing that is looked for", () => {
    expect(refreshed(page([9, 8], 8), page([], 700))).toEqual(page([9, 8], 8));
  });

  it("begins where there was nothing", () => {
    expect(refreshed(NOTHING, page([2, 1]))).toEqual(page([2, 1]));
    expect(refreshed(NOTHING, NOTHING)).toEqual(NOTHING);
  });
});
