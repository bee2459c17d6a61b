/**
 * Compares texts as people search them: without regard to case, diacritics and compatibility forms.
 * The broker does the same (`crates/session-router/src/view/search.rs`).
 */

/** Letters with diacritics that Unicode does not decompose, and the sigma at the end of a word. */
const LETTERS: Record<string, string> = {
  ø: "o",
  ł: "l",
  đ: "d",
  ħ: "h",
  ŧ: "t",
  æ: "ae",
  œ: "oe",
  ς: "σ",
};

const ASCII = /^[\0-\x7f]*$/;
const IGNORED = /[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]/gu;

/** Folds a text for a search. */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  const plain = text.normalize("NFKD").replace(IGNORED, "");
  // Through upper case, so that `ß` and `ẞ` are `ss`.
  const folded = plain.toLowerCase().toUpperCase().toLowerCase();
  return folded.replace(/[øłđħŧæœς]/g, (letter) => LETTERS[letter] ?? letter);
}

/** Whether any of these texts contains a folded text. */
export const mention = (known: readonly (string | undefined)[], wanted: string) =>
  known.some((text) => text && fold(text).includes(wanted));
