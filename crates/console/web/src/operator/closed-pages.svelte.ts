/** Closed sessions are too many to have: pages of them come as one scrolls. */
import { LISTED_MAX, loadPage } from "../shell/catch-up";
import type { Workplace } from "../shell/workplace.svelte";
import type { Filter } from "../state/views";

const TYPING_MS = 250;

export class ClosedPages {
  loading = $state(false);
  failed = $state(false);
  #next: string | null | undefined = null;
  #filter: Filter | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #loaded = 0;

  constructor(private readonly workplace: Workplace) {}

  /** The first page, once no more is typed. */
  begin(filter: Filter): void {
    if (filter === this.#filter) return;
    const isFirst = this.#filter === null;
    this.again(filter, isFirst ? 0 : TYPING_MS);
  }

  again(filter: Filter, wait = 0): void {
    this.#filter = filter;
    this.#next = undefined;
    this.#loaded = 0;
    this.loading = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#load(filter), wait);
  }

  /** What is here may be incomplete: it is asked for again when it is next shown. */
  stale(): void {
    this.#filter = null;
  }

  /** The next page, if there is one. */
  more(): void {
    if (this.loading || this.failed || !this.#filter || !this.#next) return;
    if (this.#loaded < LISTED_MAX) void this.#load(this.#filter);
  }

  async #load(filter: Filter): Promise<void> {
    this.loading = true;
    this.failed = false;
    const text = filter.text.trim();
    const which = { ...(text && { text }), ...(filter.liveChat && { liveChat: filter.liveChat }) };
    const page = { view: "closed" as const, limit: 100, before: this.#next ?? undefined, ...which };
    try {
      const next = await loadPage(this.workplace, this.workplace, page);
      if (filter !== this.#filter) return;
      this.#next = next;
      this.#loaded += page.limit;
    } catch {
      this.failed = filter === this.#filter;
    }
    if (filter === this.#filter) this.loading = false;
  }
}
