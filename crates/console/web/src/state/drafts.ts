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

/**
 * Returns the draft with another text. A draft begun as a note stays a note: if the session is
 * transferred to its author meanwhile, Enter must not send it to the contact.
 */
export const withText = (draft: Draft, text: string, isNote: boolean): Draft => ({
  ...draft,
  text,
  note: draft.note || (isNote && text !== ""),
});

export function keep(drafts: Drafts, session: Id, draft: Draft): void {
  drafts.delete(session);
  if (draft.text.trim() || draft.replyTo || draft.note) drafts.set(session, draft);
  const [oldest] = drafts.keys();
  if (drafts.size > DRAFTS_MAX && oldest) drafts.delete(oldest);
}
