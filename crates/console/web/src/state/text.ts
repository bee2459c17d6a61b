/** A text in parts: words, and the addresses among them that may be opened. */
export interface Part {
  readonly text: string;
  readonly href?: string;
}

/** An address ends before the punctuation of the sentence around it. */
const ADDRESS = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/gi;

export function parts(text: string): Part[] {
  const found: Part[] = [];
  let at = 0;
  for (const match of text.matchAll(ADDRESS)) {
    if (match.index > at) found.push({ text: text.slice(at, match.index) });
    found.push({ text: match[0], href: match[0] });
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push({ text: text.slice(at) });
  return found;
}

/** Only addresses that a browser opens as a page or a download. */
export const isSafe = (url: string) => /^https?:\/\//i.test(url);
