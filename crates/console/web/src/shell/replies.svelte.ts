/** The canned replies of each live chat, asked for when a session of it is opened. */
import * as house from "../api/house";
import type { Id, Reply } from "../api/types";
import type { Workplace } from "./workplace.svelte";

/** They are not on the feed: asked for again after this. */
const FRESH_MS = 60_000;

class Replies {
  #known = $state.raw<ReadonlyMap<Id, readonly Reply[]>>(new Map());
  readonly #asked = new Map<Id, number>();

  of(liveChat: Id): readonly Reply[] {
    return this.#known.get(liveChat) ?? [];
  }

  load(workplace: Workplace, liveChat: Id): void {
    if (workplace.status.state !== "live") return;
    if (Date.now() - (this.#asked.get(liveChat) ?? 0) < FRESH_MS) return;
    void this.refresh(workplace, liveChat).catch(() => this.#asked.delete(liveChat));
  }

  /** Nothing of one user's is left to the next. */
  forget(): void {
    this.#known = new Map();
    this.#asked.clear();
  }

  async refresh(workplace: Workplace, liveChat: Id): Promise<void> {
    this.#asked.set(liveChat, Date.now());
    const { replies } = await house.replies(workplace, liveChat);
    this.#known = new Map(this.#known).set(liveChat, replies);
  }
}

export const replies = new Replies();
