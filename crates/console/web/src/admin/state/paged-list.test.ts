import { describe, expect, it } from "vitest";

import type { Position } from "../../api/types";
import { EMPTY_LIST, append, mergeFirstPage } from "./paged-list";

const page = (positions: Position[], next: Position | null = null) => ({
  items: positions.map((position) => ({ position })),
  next,
});

describe("a list in pages", () => {
  it("appends the next page", () => {
    expect(append(page([9, 8], 8), page([7, 6], 6))).toEqual(page([9, 8, 7, 6], 6));
    expect(append(page([9, 8], 8), page([7]))).toEqual(page([9, 8, 7]));
  });

  it("adds new items at the top and keeps the loaded ones", () => {
    expect(mergeFirstPage(page([9, 8, 7, 6], 6), page([11, 10, 9], 9))).toEqual(
      page([11, 10, 9, 8, 7, 6], 6),
    );
  });

  it("does not change without new items", () => {
    expect(mergeFirstPage(page([9, 8, 7], 7), page([9, 8], 8))).toEqual(page([9, 8, 7], 7));
  });

  it("takes loaded items as they are in the first page, as they may have changed", () => {
    const item = (position: Position, state: string) => ({ position, state });
    const list = { items: [item(9, "sent"), item(8, "sent")], next: 8 };
    const first = { items: [item(10, "sent"), item(9, "read")], next: 9 };
    expect(mergeFirstPage(list, first).items).toEqual([
      item(10, "sent"),
      item(9, "read"),
      item(8, "sent"),
    ]);
  });

  it("starts again if items between may be missing", () => {
    expect(mergeFirstPage(page([9, 8], 8), page([30, 29], 29))).toEqual(page([30, 29], 29));
  });

  it("keeps older matches if the first page has none", () => {
    expect(mergeFirstPage(page([9, 8], 8), page([], 700))).toEqual(page([9, 8], 8));
  });

  it("starts from an empty list", () => {
    expect(mergeFirstPage(EMPTY_LIST, page([2, 1]))).toEqual(page([2, 1]));
    expect(mergeFirstPage(EMPTY_LIST, EMPTY_LIST)).toEqual(EMPTY_LIST);
  });
});
