/** The list that is shown: its filter, and the way from one session to the next. */
import { router } from "../shell/router.svelte";
import type { Known } from "../state/sessions";
import { NO_FILTER } from "../state/views";
import type { Filter } from "../state/views";

class Neighbours {
  filtered = $state.raw<Filter>(NO_FILTER);
  shown = $state.raw<readonly Known[]>([]);
  field = $state<HTMLInputElement>();

  /** Opens the session so many places further down. */
  open(step: number): void {
    const at = this.shown.findIndex(({ id }) => id === router.session);
    const next = this.shown[at < 0 ? 0 : at + step];
    if (next) router.open(next.id);
  }

  filter(): void {
    this.field?.focus();
  }

  /** Nothing of one user's is left to the next. */
  forget(): void {
    this.filtered = NO_FILTER;
    this.shown = [];
  }
}

export const neighbours = new Neighbours();
