/** The visible session list: its filter, its rows, and moving between them. */
import { router } from "../shell/router.svelte";
import type { KnownSession } from "../state/sessions";
import { NO_FILTER } from "../state/views";
import type { Filter } from "../state/views";

class SessionListState {
  filter = $state.raw<Filter>(NO_FILTER);
  shown = $state.raw<readonly KnownSession[]>([]);
  searchField = $state<HTMLInputElement>();
  /** Scrolls to a row of `shown` and moves the focus there. Set by the mounted list. */
  focusRow: (at: number) => Promise<void> = () => Promise.resolve();

  /** Opens the session `step` rows below the current one. */
  move(step: number): void {
    const at = this.shown.findIndex(({ id }) => id === router.session);
    const to = at < 0 ? 0 : at + step;
    const next = this.shown[to];
    if (!next) return;
    router.open(next.id);
    void this.focusRow(to);
  }

  /** Moves the focus to the row of the open session. */
  focusOpen(): void {
    const at = this.shown.findIndex(({ id }) => id === router.session);
    if (at >= 0) void this.focusRow(at);
  }

  focusSearch(): void {
    this.searchField?.focus();
  }

  /** Removes the data of the user who signed out. */
  clear(): void {
    this.filter = NO_FILTER;
    this.shown = [];
  }
}

export const sessionList = new SessionListState();
