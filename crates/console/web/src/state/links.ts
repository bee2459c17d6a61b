/** Links in the texts of messages, by the rules for autolinks of GitHub Flavored Markdown. */
import { LinkifyIt } from "linkify-it";

/** A piece of text, with `href` if it is a link. */
export interface TextSegment {
  readonly text: string;
  readonly href?: string;
}

// The default would link `https://user:password@host` as `https://user`.
const urls = new LinkifyIt({ urlAuth: true });

/** Where a URL may begin. Chinese and Japanese have no space before it. */
const START = /(?<![a-z0-9_])(?:(https?:)\/\/|www\.(?=[^\s.]+\.))/gi;
/** Punctuation and emphasis behind a link. The library keeps some of it. */
const TRAILING = /[?!.,:;*_~'"]+$/;
/** The longest link. */
const URL_CHARS_MAX = 8_192;

export function linkify(text: string): TextSegment[] {
  const segments: TextSegment[] = [];
  let at = 0;
  for (const { index, 1: scheme } of text.matchAll(START)) {
    if (index < at) continue;
    const link = linkAt(text.slice(index, index + URL_CHARS_MAX), scheme);
    if (!link) continue;
    if (index > at) segments.push({ text: text.slice(at, index) });
    segments.push({ text: link, href: scheme ? link : `http://${link}` });
    at = index + link.length;
  }
  if (at < text.length) segments.push({ text: text.slice(at) });
  return segments;
}

/** The link at the start of a text; empty if it is none. */
function linkAt(text: string, scheme: string | undefined): string {
  const before = scheme?.length ?? 0;
  const rest = scheme ? text.slice(before) : `//${text}`;
  const length = urls.testSchemaAt(rest, "http:", 0);
  const end = scheme ? before + length : length - "//".length;
  return length > 0 ? text.slice(0, end).replace(TRAILING, "") : "";
}
