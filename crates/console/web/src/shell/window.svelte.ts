/** What the window has no place for. The styles have the same limits. */
import { MediaQuery } from "svelte/reactivity";

/** Too narrow for the contact's pane. */
export const isNarrow = new MediaQuery("(max-width: 70rem)");

/** Too low for panes that scroll on their own, such as a window zoomed to 400 %. */
export const isShort = new MediaQuery("(max-height: 26rem)");
