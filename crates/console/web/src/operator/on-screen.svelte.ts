/** Which messages have their end on screen. */
import { SvelteSet } from "svelte/reactivity";

import type { Id } from "../api/types";

export class OnScreen {
  readonly ids = new SvelteSet<Id>();
  readonly #marks = new Map<Element, Id>();
  readonly #observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const id = this.#marks.get(target);
      if (id && isIntersecting) this.ids.add(id);
      else if (id) this.ids.delete(id);
    }
  });

  /** An attachment for the element at the end of a message. */
  watch(id: Id) {
    return (mark: Element) => {
      this.#marks.set(mark, id);
      this.#observer.observe(mark);
      return () => {
        this.#observer.unobserve(mark);
        this.#marks.delete(mark);
        this.ids.delete(id);
      };
    };
  }

  /** The element of a message. */
  find(id: Id): Element | null | undefined {
    const found = [...this.#marks].find(([, of]) => of === id);
    return found?.[0].previousElementSibling;
  }
}
