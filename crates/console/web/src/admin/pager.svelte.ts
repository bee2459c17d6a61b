import type { Position } from "../api/types";
import { EMPTY_LIST, append, mergeFirstPage } from "./state/paged-list";
import type { PagedList } from "./state/paged-list";
import { errorText } from "./texts.svelte";

/** Loads a list in pages, newest first. */
export class Pager<Item extends { position: Position }> {
  loading = $state(true);
  error = $state<string | null>(null);
  #list = $state.raw<PagedList<Item>>(EMPTY_LIST);

  constructor(private readonly load: (before?: Position) => Promise<PagedList<Item>>) {}

  get items(): readonly Item[] {
    return this.#list.items;
  }

  get next(): Position | null {
    return this.#list.next;
  }

  loadFirst(): Promise<void> {
    return this.#loadPage(undefined, (_, page) => page);
  }

  loadMore(): Promise<void> {
    return this.#loadPage(this.next ?? undefined, append);
  }

  /** Loads items that are newer than the loaded ones. */
  refresh(): Promise<void> {
    return this.#loadPage(undefined, mergeFirstPage);
  }

  async #loadPage(
    before: Position | undefined,
    join: (list: PagedList<Item>, page: PagedList<Item>) => PagedList<Item>,
  ): Promise<void> {
    this.loading = true;
    this.error = null;
    try {
      const page = await this.load(before);
      this.#list = join(this.#list, page);
    } catch (thrown) {
      this.error = errorText(thrown);
    }
    this.loading = false;
  }
}
