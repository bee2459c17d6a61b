/** The canned replies of each live chat, loaded when one of its sessions is opened. */
import * as api from "../api/replies";
import type { Id, Reply } from "../api/types";
import type { Store } from "./store.svelte";

/** Reload after this time: changes to replies are not on the feed. */
const MAX_AGE_MS = 60_000;

class Replies {
  #replies = $state.raw<ReadonlyMap<Id, readonly Reply[]>>(new Map());
  readonly #loadedAt = new Map<Id, number>();

  of(liveChat: Id): readonly Reply[] {
    return this.#replies.get(liveChat) ?? [];
  }

  load(store: Store, liveChat: Id): void {
    if (store.status.state !== "live") return;
    if (Date.now() - (this.#loadedAt.get(liveChat) ?? 0) < MAX_AGE_MS) return;
    void this.refresh(store, liveChat).catch(() => this.#loadedAt.delete(liveChat));
  }

  /** Removes the data of the user who signed out. */
  clear(): void {
    this.#replies = new Map();
    this.#loadedAt.clear();
  }

  async refresh(store: Store, liveChat: Id): Promise<void> {
    this.#loadedAt.set(liveChat, Date.now());
    const { replies } = await api.list(store, liveChat);
    this.#replies = new Map(this.#replies).set(liveChat, replies);
  }
}

export const replies = new Replies();
