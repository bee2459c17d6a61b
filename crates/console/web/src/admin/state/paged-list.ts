/** A list that is loaded in pages, newest first, and grows at the top. */
import type { Position } from "../../api/types";

export interface PagedList<Item> {
  /** Newest first. */
  readonly items: readonly Item[];
  /** Cursor of the next page, or null at the end. */
  readonly next: Position | null;
}

export const EMPTY_LIST: PagedList<never> = { items: [], next: null };

export const append = <Item>(list: PagedList<Item>, page: PagedList<Item>): PagedList<Item> => ({
  items: [...list.items, ...page.items],
  next: page.next,
});

/**
 * Adds the new items of a reloaded first page, and replaces those that are loaded already. If all of
 * its items are new, there may be a gap after them, so the page replaces the list.
 */
export function mergeFirstPage<Item extends { position: Position }>(
  list: PagedList<Item>,
  first: PagedList<Item>,
): PagedList<Item> {
  const top = list.items[0]?.position ?? 0;
  const news = first.items.filter(({ position }) => position > top);
  if (news.length > 0 && news.length === first.items.length) return first;
  const fresh = new Map(first.items.map((item) => [item.position, item]));
  const known = list.items.map((item) => fresh.get(item.position) ?? item);
  return { items: [...news, ...known], next: list.next };
}
