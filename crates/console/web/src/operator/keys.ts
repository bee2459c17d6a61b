/** Shortcuts, by the place of a key and not by its letter: they work in every layout. */
import type { Command } from "./commands.svelte";

/** How a key press is written in a command, such as `Control+KeyK`. */
export function pressed(event: KeyboardEvent): string {
  // Alt makes letters in many layouts, so it is part of no shortcut.
  if (event.altKey) return "";
  const held = [];
  // On a Mac one holds Command where others hold Control.
  if (event.ctrlKey || event.metaKey) held.push("Control");
  if (event.shiftKey) held.push("Shift");
  return [...held, event.code].join("+");
}

/** Whether a key belongs to an input method; Safari says of the last one only by its old number. */
export const isComposing = ({ isComposing, keyCode }: KeyboardEvent) =>
  isComposing || keyCode === 229;

const isText = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("input, textarea, select"));

/** Carries out the command that the keys stand for; while text is typed only those with Control. */
export function shortcuts(event: KeyboardEvent, commands: readonly Command[]): void {
  const keys = pressed(event);
  if (event.defaultPrevented || event.repeat || !keys) return;
  if (isText(event.target) && !keys.startsWith("Control+")) return;
  // An open dialog or menu has the keyboard.
  if (document.querySelector("dialog[open], [role=menu]")) return;
  const found = commands.find((command) => command.keys === keys);
  if (!found) return;
  event.preventDefault();
  found.act();
}

const NAMES: Record<string, string> = {
  Control: /Mac/.test(navigator.userAgent) ? "⌘" : "Ctrl",
  Shift: "Shift",
  Escape: "Esc",
  Slash: "/",
};

/** The caps to show for a shortcut, as they are printed on a Latin keyboard. */
export function caps(keys: string): string[] {
  if (keys === "Shift+Slash") return ["?"];
  return keys.split("+").map((key) => NAMES[key] ?? key.replace(/^(Key|Digit)/, ""));
}
