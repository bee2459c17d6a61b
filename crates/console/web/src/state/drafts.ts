/** What is being written, kept for each session. */
import type { Id } from "../api/types";

export interface Draft {
  readonly text: string;
  readonly note: boolean;
  readonly replyTo?: Id;
}

export type Drafts = Map<Id, Draft>;

export const EMPTY: Draft = { text: "", note: false };
/** The oldest gives way. */
const DRAFTS_MAX = 200;

/**
 * The draft with other words. What was begun as a note stays one: were the session given to whoever
 * writes it meanwhile, the next Enter would tell the person what was meant for colleagues.
 */
export const worded = (draft: Draft, text: string, isNote: boolean): Draft => ({
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
