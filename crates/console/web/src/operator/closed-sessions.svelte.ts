/** Closed sessions, loaded in pages while scrolling. */
import { LISTED_MAX, loadPage } from "../shell/catch-up";
import type { Store } from "../shell/store.svelte";
import type { Filter } from "../state/views";

/** Delay after typing before a search starts. */
const DEBOUNCE_MS = 250;

export class ClosedSessions {
  loading = $state(false);
  failed = $state(false);
  #next: string | null | undefined = null;
  #filter: Filter | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #loaded = 0;

  constructor(private readonly store: Store) {}

  /** Loads the first page if the filter has changed. */
  show(filter: Filter): void {
    if (filter === this.#filter) return;
    const isFirst = this.#filter === null;
    this.reload(filter, isFirst ? 0 : DEBOUNCE_MS);
  }

  reload(filter: Filter, delay = 0): void {
    this.#filter = filter;
    this.#next = undefined;
    this.#loaded = 0;
    this.loading = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#load(filter), delay);
  }

  /** Reloads the list when it is shown next: it may be incomplete after a disconnect. */
  invalidate(): void {
    this.#filter = null;
  }

  /** Loads the next page, if there is one. */
  loadMore(): void {
    if (this.loading || this.failed || !this.#filter || !this.#next) return;
    if (this.#loaded < LISTED_MAX) void this.#load(this.#filter);
  }

  async #load(filter: Filter): Promise<void> {
    this.loading = true;
    this.failed = false;
    const text = filter.text.trim();
    const conditions = { ...(text && { text }), ...(filter.liveChat && { liveChat: filter.liveChat }) };
    const page = { view: "closed" as const, limit: 100, before: this.#next ?? undefined, ...conditions };
    try {
      const next = await loadPage(this.store, this.store, page);
      if (filter !== this.#filter) return;
      this.#next = next;
      this.#loaded += page.limit;
    } catch {
      this.failed = filter === this.#filter;
    }
    if (filter === this.#filter) this.loading = false;
  }
}
