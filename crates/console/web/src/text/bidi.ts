/**
 * Text of other people inside the page's own: it may be written from right to left, and must not
 * turn the words around it.
 */

/** Embeddings, overrides and isolates: they change the order of what follows, up to their end. */
const CONTROLS = /[\u202A-\u202E\u2066-\u2069]/g;
/** Letters of scripts from right to left, and the marks that act like one. */
const RIGHT_TO_LEFT =
  /[\u0590-\u08FF\u200F\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;
/** Text in which every control belongs to an isolate that ends, such as a list of names. */
const ISOLATES =
  /^(?:[^\u202A-\u202E\u2066-\u2069]|\u2068[^\u202A-\u202E\u2066-\u2069]*\u2069)*$/u;
const [ISOLATE, POP] = ["\u2068", "\u2069"];

/** A text without characters that change the order of others. */
export const ordered = (text: string) => text.replace(CONTROLS, "");

/** A text as a part of a sentence. Texts that cannot change the order of others stay the same. */
export function inSentence(text: string): string {
  const plain = ISOLATES.test(text) ? text : ordered(text);
  return RIGHT_TO_LEFT.test(plain) ? `${ISOLATE}${plain}${POP}` : plain;
}

/** Names as one text. */
export const listed = (names: Iterable<string>) => [...names].map(inSentence).join(", ");

/**
 * The name of a file with its characters in their real order: what would change it is spelled out,
 * so that `a<U+202E>fdp.exe` does not read as `aexe.pdf`. The extension is separate, to be shown last.
 */
export function fileName(name: string): { stem: string; extension: string } {
  const visible = name.replace(
    CONTROLS,
    (control) => `[U+${control.codePointAt(0)?.toString(16).toUpperCase()}]`,
  );
  const at = visible.lastIndexOf(".");
  return at > 0
    ? { stem: visible.slice(0, at), extension: visible.slice(at) }
    : { stem: visible, extension: "" };
}
