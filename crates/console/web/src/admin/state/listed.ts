/** A list that is read backwards, page by page, and grows at its top as things happen. Pure. */
import type { Position } from "../../api/types";

export interface Listed<Item> {
  /** Newest first. */
  readonly items: readonly Item[];
  /** Where the next page begins, or null at the end. */
  readonly next: Position | null;
}

export const NOTHING: Listed<never> = { items: [], next: null };

/** With the page behind what is there. */
export const extended = <Item>(listed: Listed<Item>, page: Listed<Item>): Listed<Item> => ({
  items: [...listed.items, ...page.items],
  next: page.next,
});

/**
 * With what the first page, asked for once more, has in front of what is there. Where all of it is
 * new there may be a gap behind it: then it is where the list begins.
 */
export function refreshed<Item extends { position: Position }>(
  listed: Listed<Item>,
  first: Listed<Item>,
): Listed<Item> {
  const top = listed.items[0]?.position ?? 0;
  const news = first.items.filter(({ position }) => position > top);
  if (news.length > 0 && news.length === first.items.length) return first;
  return { items: [...news, ...listed.items], next: listed.next };
}
