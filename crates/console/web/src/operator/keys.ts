/** Shortcuts by physical key (`event.code`), so that they work in every keyboard layout. */
import type { Command } from "./commands.svelte";

/** Formats a key press as in a command, such as `Control+KeyK`. */
export function format(event: KeyboardEvent): string {
  // Alt types characters in many layouts, so no shortcut uses it.
  if (event.altKey) return "";
  const held = [];
  if (event.ctrlKey || event.metaKey) held.push("Control");
  if (event.shiftKey) held.push("Shift");
  return [...held, event.code].join("+");
}

/** Whether an input method handles the key. Safari reports the last one only as key code 229. */
export const isComposing = ({ isComposing, keyCode }: KeyboardEvent) =>
  isComposing || keyCode === 229;

const isTextField = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("input, textarea, select"));

/** Runs the command for a key press. In text fields only shortcuts with Control work. */
export function handleShortcut(event: KeyboardEvent, commands: readonly Command[]): void {
  const keys = format(event);
  if (event.defaultPrevented || event.repeat || !keys) return;
  if (isTextField(event.target) && !keys.startsWith("Control+")) return;
  // An open dialog or menu handles its own keys.
  if (document.querySelector("dialog[open], [role=menu]")) return;
  const found = commands.find((command) => command.keys === keys);
  if (!found) return;
  event.preventDefault();
  found.run();
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
