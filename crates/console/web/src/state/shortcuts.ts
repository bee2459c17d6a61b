/** What a key press means: a command, text for the composer, or nothing. */

/** A key press. `code` is the physical key and `key` is what it types. */
export type Press = Pick<
  KeyboardEvent,
  "code" | "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey"
>;

/** Where the focus is: in a text field, in the list of sessions, or elsewhere. */
export type Place = "text" | "list" | "page";

export interface Shortcut {
  /** Modifiers and `event.code`, such as `Shift+KeyT`. */
  readonly keys?: string;
  /** Only moves around, so that a single key is harmless. */
  readonly moves?: boolean;
}

export interface Conditions {
  readonly place: Place;
  /** Whether a composer can take what is typed. */
  readonly canWrite: boolean;
  /** Whether shortcuts without Ctrl are on. */
  readonly singleKeys: boolean;
}

/** Shortcuts that are found by what a key types, whatever key that is in the user's layout. */
const SYMBOLS: Record<string, string> = { "?": "Shift+Slash", "/": "Slash" };

/**
 * Returns the command of a key press, `"write"` for a character that belongs in the composer, or null.
 *
 * Somebody who types without looking where the focus is must not close a session, so characters are
 * commands only in the list, or if there is no composer.
 */
export function meaning<Command extends Shortcut>(
  press: Press,
  commands: readonly Command[],
  { place, canWrite, singleKeys }: Conditions,
): Command | "write" | null {
  // Alt types characters in many layouts, so no shortcut uses it.
  if (press.altKey) return null;
  const find = (keys: string) => commands.find((one) => one.keys === keys) ?? null;
  const exact = find(format(press));
  if (press.ctrlKey || press.metaKey) return exact;
  if (place === "text") return null;
  if (!isCharacter(press)) return exact;
  if (singleKeys) {
    const symbol = find(SYMBOLS[press.key] ?? (press.code === "Slash" ? format(press) : ""));
    if (symbol) return symbol;
  }
  if (place === "page" && canWrite) return "write";
  if (!singleKeys) return null;
  if (place === "list" || exact?.moves || press.shiftKey) return exact ?? findShifted();
  return null;

  /** On the page a command that changes something can be given with Shift. */
  function findShifted() {
    return place === "page" && press.shiftKey ? find(press.code) : null;
  }
}

/** Formats a key press as in a command, such as `Control+KeyK`. */
function format({ code, ctrlKey, metaKey, shiftKey }: Press): string {
  const held = [];
  if (ctrlKey || metaKey) held.push("Control");
  if (shiftKey) held.push("Shift");
  return [...held, code].join("+");
}

/** Whether a key types something other than space, which presses buttons and scrolls. */
const isCharacter = ({ key }: Press) => [...key].length === 1 && key.trim() !== "";

/** Keys that confirm or cancel. */
const DECIDING = ["Enter", "NumpadEnter", "Escape"];

/**
 * Whether the repetition of a held key must be ignored: the key has run the command `spent`, or it
 * would confirm again whatever came up after the first time.
 */
export function isSpent({ code, shiftKey }: Press, place: Place, spent: string | null): boolean {
  if (code === spent) return true;
  // Shift+Enter only inserts line breaks.
  if (DECIDING.includes(code)) return !(place === "text" && shiftKey);
  return code === "Space" && place !== "text";
}
