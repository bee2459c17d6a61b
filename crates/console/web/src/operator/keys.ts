/** Shortcuts by physical key (`event.code`), so that they work in every keyboard layout. */
import { preferences } from "../shell/preferences.svelte";
import { isSpent, meaning } from "../state/shortcuts";
import type { Place } from "../state/shortcuts";
import { isComposing } from "../ui/keys";
import type { Command } from "./commands.svelte";
import { composer } from "./composer.svelte";

/** The key whose last press ran a command. */
let spent: string | null = null;

function placeOf({ target }: Event): Place {
  if (!(target instanceof HTMLElement)) return "page";
  if (target.isContentEditable || target.matches("input, textarea, select")) return "text";
  return target.closest("[data-session-list]") ? "list" : "page";
}

/** Stops a held key from doing something again. To be called before other handlers. */
export function ignoreHeldKey(event: KeyboardEvent): void {
  if (!event.repeat) spent = null;
  else if (!isComposing(event) && isSpent(event, placeOf(event), spent)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}

/** Runs the command for a key press, or moves the focus to the composer for a character. */
export function handleShortcut(event: KeyboardEvent, commands: readonly Command[]): void {
  if (event.defaultPrevented || event.repeat || isComposing(event)) return;
  // An open dialog or menu handles its own keys.
  if (document.querySelector("dialog[open], [role=menu]")) return;
  const found = meaning(event, commands, {
    place: placeOf(event),
    canWrite: composer.canWrite,
    singleKeys: preferences.values.singleKeys,
  });
  // The browser then inserts the character there.
  if (found === "write") composer.focusArea();
  else if (found) {
    event.preventDefault();
    spent = event.code;
    found.run();
  }
}

const NAMES: Record<string, string> = {
  Control: /Mac/.test(navigator.userAgent) ? "⌘" : "Ctrl",
  Shift: "Shift",
  Escape: "Esc",
  Slash: "/",
};

/** The keys of a shortcut as printed on a Latin keyboard. */
export function keyLabels(keys: string): string[] {
  if (keys === "Shift+Slash") return ["?"];
  return keys.split("+").map((key) => NAMES[key] ?? key.replace(/^(Key|Digit)/, ""));
}
