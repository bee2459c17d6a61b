/** Brings a desk up to date: full lists at first, missed events afterwards. */
import type { Api } from "../api/client";
import * as contactsApi from "../api/contacts";
import * as feed from "../api/feed";
import * as sessions from "../api/sessions";
import type { Id, Me, Position, ViewName } from "../api/types";
import * as workspace from "../api/workspace";
import type { Action, Desk } from "../state/desk";
import { head } from "../state/progress";
import { canSupervise } from "../state/rights";
import { clock } from "./clock.svelte";

/** With more missed events than this, loading the lists is faster than replaying the events. */
const MISSED_MAX = 10_000;
/** Maximum number of sessions loaded for one view. */
export const LISTED_MAX = 10_000;
const PAGE = 200;

export interface DeskStore {
  readonly desk: Desk;
  dispatch(...actions: Action[]): void;
}

/** Loads everything that is open, or the missed events. Call it after subscribing to the feed. */
export async function synchronize(api: Api, store: DeskStore, me: Me): Promise<void> {
  const { isListed, progress, liveChats } = store.desk;
  const missed = me.position - progress.base;
  // Events of a live chat from before this user joined it were not sent to this user.
  const hasJoined = me.liveChats.some(({ id }) => !liveChats.has(id));
  const isNew = !isListed || hasJoined || missed < 0 || missed > MISSED_MAX;
  if (isNew) store.dispatch({ kind: "reset" });
  store.dispatch({ kind: "me", me });
  if (isNew) store.dispatch({ kind: "caught-up", position: me.position });
  await refreshWorkspace(api, store);
  if (isNew) await loadOpenSessions(api, store, me);
  else await catchUp(api, store);
}

/** Reloads colleagues, live chats and channels, which the feed covers only in part. */
export async function refreshWorkspace(api: Api, store: DeskStore): Promise<void> {
  const [{ liveChats, people = [] }, { channels }] = await Promise.all([
    workspace.liveChats(api),
    workspace.channels(api),
  ]);
  store.dispatch({ kind: "workspace", liveChats, people, channels });
}

/** Loads all events after the last position up to which the desk is complete. */
export async function catchUp(api: Api, store: DeskStore): Promise<void> {
  let after: Position | null = store.desk.progress.base;
  while (after !== null) {
    const position: Position = after;
    const page: feed.EventsPage = await clock.timed(() => feed.after(api, position));
    store.dispatch(...page.events.map((event) => ({ kind: "event" as const, event })));
    store.dispatch({ kind: "caught-up", position: page.next ?? page.position });
    after = page.next;
  }
}

async function loadOpenSessions(api: Api, store: DeskStore, me: Me): Promise<void> {
  const views: ViewName[] = canSupervise(me) ? ["mine", "queue", "active"] : ["mine", "queue"];
  for (const view of views) {
    let before: string | null | undefined;
    for (let listed = 0; before !== null && listed < LISTED_MAX; listed += PAGE)
      before = await loadPage(api, store, { view, before, limit: PAGE });
  }
  // Last, so that a connection lost before this point makes the next one load the lists again.
  store.dispatch({ kind: "all-listed" });
}

/** Loads one page of a view. Returns the cursor of the next page. */
export async function loadPage(
  api: Api,
  store: DeskStore,
  { before, ...args }: Omit<sessions.ListArgs, "before"> & { before?: string | undefined },
): Promise<string | null> {
  const asOf = head(store.desk.progress);
  const { sessions: found, contacts, next } = await sessions.list(api, {
    ...args,
    ...(before && { before }),
  });
  store.dispatch({ kind: "sessions-listed", sessions: found, contacts, asOf });
  return next;
}

export async function loadSession(api: Api, store: DeskStore, id: Id): Promise<void> {
  const asOf = head(store.desk.progress);
  const { session, contact } = await sessions.get(api, id);
  const contacts = contact ? [contact] : [];
  store.dispatch({ kind: "sessions-listed", sessions: [session], contacts, asOf });
}

export async function loadContact(api: Api, store: DeskStore, id: Id): Promise<void> {
  const asOf = head(store.desk.progress);
  const { contact, sessions: all = [] } = await contactsApi.get(api, id);
  store.dispatch({ kind: "contact", contact });
  store.dispatch({ kind: "sessions-listed", sessions: all, contacts: [], asOf });
}
