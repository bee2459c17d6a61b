/** What the window has no place for. The styles have the same limits. */

/** Whether a media query matches. Smaller than `MediaQuery` of Svelte. */
class Media {
  current = $state(false);

  constructor(query: string) {
    const list = matchMedia(query);
    this.current = list.matches;
    list.addEventListener("change", () => (this.current = list.matches));
  }
}

/** Too narrow for the contact's pane. */
export const isNarrow = new Media("(max-width: 70rem)");

/** Too low for panes that scroll on their own, such as a window zoomed to 400 %. */
export const isShort = new Media("(max-height: 26rem)");
