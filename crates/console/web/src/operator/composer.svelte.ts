/** Lets shortcuts, lists and messages control the composer. */
import type { Id } from "../api/types";

class Composer {
  /** Both are set by the mounted composer. */
  focus: (note: boolean) => void = () => {};
  quote: (message: Id) => void = () => {};
  /** The text field; undefined without an open session or without the right to write. */
  #area: HTMLTextAreaElement | undefined;
  #session: Id | null = null;
  /** The session whose text field gets the focus when it is opened. */
  #wanted: Id | null = null;

  get canWrite(): boolean {
    return !!this.#area;
  }

  /** Registers the text field of the open session. Returns a function that removes it. */
  mount(session: Id, area: HTMLTextAreaElement): () => void {
    this.#area = area;
    this.#session = session;
    if (this.#wanted === session) this.focusArea();
    this.#wanted = null;
    return () => {
      if (this.#area === area) this.#area = undefined;
    };
  }

  /** Moves the focus to the text field and keeps its kind, reply or note. */
  focusArea(): void {
    this.#area?.focus();
  }

  /** The same for a session that is about to be opened. */
  focusOnceOpen(session: Id): void {
    if (this.#area && this.#session === session) this.focusArea();
    else this.#wanted = session;
  }
}

export const composer = new Composer();
