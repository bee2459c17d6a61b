/** Finding canned replies by what is typed after `/`, and inserting one. */
import type { Reply } from "../api/types";
import { fold, mention } from "../text/search";

/** A `/` at the start of a word and the text between it and the caret. */
export interface Trigger {
  readonly from: number;
  readonly until: number;
  readonly word: string;
}

const FOUND_MAX = 8;

export function trigger(text: string, caret: number): Trigger | null {
  const match = /(^|\s)\/(\S*)$/u.exec(text.slice(0, caret));
  if (!match) return null;
  const word = match[2] ?? "";
  return { from: caret - word.length - 1, until: caret, word };
}

/** Replies whose shortcut starts with the word, then those that contain it anywhere. */
export function matches(replies: readonly Reply[], word: string): Reply[] {
  const wanted = fold(word);
  const rank = ({ shortcut, text }: Reply) => {
    if (fold(shortcut).startsWith(wanted)) return 0;
    return mention([shortcut, text], wanted) ? 1 : 2;
  };
  return replies
    .filter((reply) => rank(reply) < 2)
    .sort((a, b) => rank(a) - rank(b) || a.shortcut.localeCompare(b.shortcut))
    .slice(0, FOUND_MAX);
}

/** Replaces the trigger with the reply. */
export function insert(text: string, { from, until }: Trigger, reply: string) {
  return { text: text.slice(0, from) + reply + text.slice(until), at: from + reply.length };
}
