/** What of a text can be seen. */

/** A character that is more than a space, a mark without a letter, or invisible. */
const VISIBLE = /[^\p{M}\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;

export const isVisible = (text: string) => VISIBLE.test(text);

/** The text, or undefined if there is nothing to see. */
export const visible = (text: string | undefined) => (text && isVisible(text) ? text : undefined);

/** The first visible characters, as people count them, of the first two words, or "?". */
export function initials(name: string): string {
  const first = (word: string) => graphemes(word).find(isVisible) ?? "";
  const words = name.split(/\s+/).filter(isVisible).slice(0, 2);
  return words.map(first).join("").toUpperCase() || "?";
}

function graphemes(text: string): string[] {
  // Missing in Firefox before 125.
  if (!("Segmenter" in Intl)) return [...text];
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
}
