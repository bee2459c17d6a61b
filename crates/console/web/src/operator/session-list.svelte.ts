/** The visible session list: its filter, its rows, and moving between them. */
import { router } from "../shell/router.svelte";
import type { KnownSession } from "../state/sessions";
import { NO_FILTER } from "../state/views";
import type { Filter } from "../state/views";

class SessionListState {
  filter = $state.raw<Filter>(NO_FILTER);
  shown = $state.raw<readonly KnownSession[]>([]);
  searchField = $state<HTMLInputElement>();

  /** Opens the session `step` rows below the current one. */
  move(step: number): void {
    const at = this.shown.findIndex(({ id }) => id === router.session);
    const next = this.shown[at < 0 ? 0 : at + step];
    if (next) router.open(next.id);
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
