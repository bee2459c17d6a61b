/** A piece of text, with `href` if it is a link. */
export interface TextSegment {
  readonly text: string;
  readonly href?: string;
}

/** A URL, without the punctuation that follows it. */
const URL_PATTERN = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/gi;

export function linkify(text: string): TextSegment[] {
  const segments: TextSegment[] = [];
  let at = 0;
  for (const match of text.matchAll(URL_PATTERN)) {
    if (match.index > at) segments.push({ text: text.slice(at, match.index) });
    segments.push({ text: match[0], href: match[0] });
    at = match.index + match[0].length;
  }
  if (at < text.length) segments.push({ text: text.slice(at) });
  return segments;
}

export const isHttpUrl = (url: string) => /^https?:\/\//i.test(url);
