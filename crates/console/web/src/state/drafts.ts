/** The text in the composer of each session. */
import type { Id } from "../api/types";

export interface Draft {
  readonly text: string;
  readonly note: boolean;
  readonly replyTo?: Id;
}

export type Drafts = Map<Id, Draft>;

export const EMPTY: Draft = { text: "", note: false };
/** The oldest draft is dropped beyond this. */
const DRAFTS_MAX = 200;

const hasText = ({ text }: Draft) => text.trim() !== "";

/**
 * Whether a draft is a note. Where the operator may not reply, new drafts are notes. A reply that
 * was begun before stays a reply: if the session is closed or transferred meanwhile, Enter must not
 * make it a note.
 */
export const isNote = (draft: Draft, mayReply: boolean) =>
  draft.note || (!mayReply && !hasText(draft));

/**
 * Returns the draft with another text. A draft begun as a note stays a note: if the session is
 * transferred to its author meanwhile, Enter must not send it to the contact.
 */
export const withText = (draft: Draft, text: string, isNote: boolean): Draft => ({
  ...draft,
  text,
  note: draft.note || (isNote && text !== ""),
});

/** Puts one draft above another. If either is a note, both are: nothing internal is sent. */
export function join(above: Draft, below: Draft): Draft {
  if (!hasText(above)) return below;
  if (!hasText(below)) return above;
  const replyTo = below.replyTo ?? above.replyTo;
  return {
    text: `${above.text}\n\n${below.text}`,
    note: above.note || below.note,
    ...(replyTo && { replyTo }),
  };
}

/** Undoes a change from `before` to `after`, and keeps what was typed since. */
export function undo(draft: Draft, before: Draft, after: Draft): Draft {
  if (!draft.text.startsWith(after.text)) return draft;
  return { ...before, text: before.text + draft.text.slice(after.text.length) };
}

export function keep(drafts: Drafts, session: Id, draft: Draft): void {
  drafts.delete(session);
  if (hasText(draft) || draft.replyTo || draft.note) drafts.set(session, draft);
  const [oldest] = drafts.keys();
  if (drafts.size > DRAFTS_MAX && oldest) drafts.delete(oldest);
}
