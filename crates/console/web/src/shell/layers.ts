/**
 * Lets Back close what is open on top of the page, such as a dialog.
 *
 * While something is open, the current entry of the browser's history is a marked copy of the entry
 * below. Back leaves it, which closes the topmost layer and nothing else.
 */

interface Layer {
  readonly close: () => void;
}

/** The parts of `window` that are used. */
export interface Page {
  readonly history: Pick<History, "state" | "pushState" | "back">;
  readonly location: Pick<Location, "href" | "hash" | "replace">;
}

export class Layers {
  #open: Layer[] = [];
  /** The address of the marked entry. */
  #href = "";
  /** `history.back()` was called and has not ended. It would undo a navigation in the meantime. */
  #isLeaving = false;
  /** Where to go when it has ended. */
  #next: string | null = null;

  constructor(private readonly page: Page) {}

  /** Adds a layer that Back closes. Returns a function that removes it. */
  add(close: () => void): () => void {
    const layer = { close };
    this.#open.push(layer);
    this.#sync();
    return () => {
      this.#open = this.#open.filter((one) => one !== layer);
      this.#sync();
    };
  }

  /** Navigates to a fragment, such as `#/mine`. Replaces the marked entry. */
  go(hash: string): void {
    if (this.#isLeaving) this.#next = hash;
    else if (this.#isMarked) this.page.location.replace(hash);
    else this.page.location.hash = hash;
  }

  /** Handles `popstate`, and a reload, which keeps the mark of an entry. */
  readonly onPopState = (): void => {
    const isBack = !this.#isMarked && this.page.location.href === this.#href;
    if (this.#isLeaving) {
      if (this.#isMarked) return;
      this.#isLeaving = false;
      const next = this.#next;
      this.#next = null;
      if (next !== null) this.go(next);
    } else if (isBack) this.#open.pop()?.close();
    this.#sync();
  };

  get #isMarked(): boolean {
    return (this.page.history.state as { layer?: boolean } | null)?.layer === true;
  }

  /** Marks the entry if a layer is open, and leaves it if none is. */
  #sync(): void {
    const { history, location } = this.page;
    if (this.#isLeaving || this.#isMarked === this.#open.length > 0) return;
    if (this.#isMarked) {
      this.#isLeaving = true;
      history.back();
    } else {
      this.#href = location.href;
      history.pushState({ layer: true }, "");
    }
  }
}

export const layers = new Layers(globalThis as unknown as Page);
