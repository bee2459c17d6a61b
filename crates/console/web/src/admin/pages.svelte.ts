import type { Position } from "../api/types";
import { NOTHING, extended, refreshed } from "./state/listed";
import type { Listed } from "./state/listed";
import { refused } from "./words.svelte";

/** A list that comes in pages, as far as it was read. */
export class Pages<Item extends { position: Position }> {
  loading = $state(true);
  error = $state<string | null>(null);
  #listed = $state.raw<Listed<Item>>(NOTHING);

  constructor(private readonly load: (before?: Position) => Promise<Listed<Item>>) {}

  get items(): readonly Item[] {
    return this.#listed.items;
  }

  get next(): Position | null {
    return this.#listed.next;
  }

  first(): Promise<void> {
    return this.#take(undefined, (_, page) => page);
  }

  more(): Promise<void> {
    return this.#take(this.next ?? undefined, extended);
  }

  /** What is new since the first page. */
  fresh(): Promise<void> {
    return this.#take(undefined, refreshed);
  }

  async #take(
    before: Position | undefined,
    join: (listed: Listed<Item>, page: Listed<Item>) => Listed<Item>,
  ): Promise<void> {
    this.loading = true;
    this.error = null;
    try {
      const page = await this.load(before);
      this.#listed = join(this.#listed, page);
    } catch (thrown) {
      this.error = refused(thrown);
    }
    this.loading = false;
  }
}
