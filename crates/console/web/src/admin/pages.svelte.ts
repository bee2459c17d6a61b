import type { Position } from "../api/types";
import { refused } from "./words.svelte";

export interface Page<Item> {
  /** Newest first. */
  items: Item[];
  /** Where the next page begins, or null at the end. */
  next: Position | null;
}

/** A list that is read backwards, page by page, and grows at its top as things happen. */
export class Pages<Item extends { position: Position }> {
  items = $state.raw<readonly Item[]>([]);
  next = $state<Position | null>(null);
  loading = $state(true);
  error = $state<string | null>(null);

  constructor(private readonly load: (before?: Position) => Promise<Page<Item>>) {}

  first(): Promise<void> {
    return this.#take(undefined, (page) => {
      this.items = page.items;
      this.next = page.next;
    });
  }

  more(): Promise<void> {
    return this.#take(this.next ?? undefined, (page) => {
      this.items = [...this.items, ...page.items];
      this.next = page.next;
    });
  }

  /** What is new since the first page; where a whole page is new, it is the first one again. */
  fresh(): Promise<void> {
    return this.#take(undefined, (page) => {
      const top = this.items[0]?.position ?? 0;
      const news = page.items.filter(({ position }) => position > top);
      const isWhole = news.length === page.items.length && page.next !== null;
      this.items = isWhole ? news : [...news, ...this.items];
      if (isWhole) this.next = page.next;
    });
  }

  async #take(before: Position | undefined, took: (page: Page<Item>) => void): Promise<void> {
    this.loading = true;
    this.error = null;
    try {
      took(await this.load(before));
    } catch (thrown) {
      this.error = refused(thrown);
    }
    this.loading = false;
  }
}
