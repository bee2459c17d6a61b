/** Brings a desk to the present: whole lists at first, missed events afterwards. */
import type { Api } from "../api/client";
import * as feed from "../api/feed";
import * as house from "../api/house";
import * as sessions from "../api/sessions";
import type { Id, Me, Position, ViewName } from "../api/types";
import type { Desk, Input } from "../state/desk";
import { head } from "../state/progress";
import { supervises } from "../state/rights";

/** Past so many missed events, lists are quicker than going through them. */
const MISSED_MAX = 10_000;
/** How many open sessions of one view are loaded: more than that nobody works through. */
export const LISTED_MAX = 10_000;
const PAGE = 200;

export interface Shop {
  readonly desk: Desk;
  put(...inputs: Input[]): void;
}

/** Once the feed is heard: all that is open, or all that was missed. */
export async function arrive(api: Api, shop: Shop, me: Me): Promise<void> {
  const { listed, progress, liveChats } = shop.desk;
  const missed = me.position - progress.base;
  // What happened in a live chat before one saw it is in no event that one missed.
  const isGained = me.liveChats.some(({ id }) => !liveChats.has(id));
  const isNew = !listed || isGained || missed < 0 || missed > MISSED_MAX;
  if (isNew) shop.put({ kind: "afresh" });
  shop.put({ kind: "me", me });
  if (isNew) shop.put({ kind: "reached", position: me.position });
  await refreshHouse(api, shop);
  if (isNew) await loadOpen(api, shop, me);
  else await catchUp(api, shop);
}

/** Colleagues, live chats and channels: what is not wholly on the feed. */
export async function refreshHouse(api: Api, shop: Shop): Promise<void> {
  const [{ liveChats, people = [] }, { channels }] = await Promise.all([
    house.liveChats(api),
    house.channels(api),
  ]);
  shop.put({ kind: "house", liveChats, people, channels });
}

/** Everything after the last position up to which all is known. */
export async function catchUp(api: Api, shop: Shop): Promise<void> {
  let after: Position | null = shop.desk.progress.base;
  while (after !== null) {
    const page: feed.EventsPage = await feed.after(api, after);
    shop.put(...page.events.map((event) => ({ kind: "event" as const, event })));
    shop.put({ kind: "reached", position: page.next ?? page.position });
    after = page.next;
  }
}

async function loadOpen(api: Api, shop: Shop, me: Me): Promise<void> {
  const views: ViewName[] = supervises(me) ? ["mine", "queue", "active"] : ["mine", "queue"];
  for (const view of views) {
    let before: string | null | undefined;
    for (let listed = 0; before !== null && listed < LISTED_MAX; listed += PAGE)
      before = await loadPage(api, shop, { view, before, limit: PAGE });
  }
  // Only now: where the connection broke before, all of it has to be asked for again.
  shop.put({ kind: "listed-all" });
}

/** One page of a list; answers where the next one begins. */
export async function loadPage(
  api: Api,
  shop: Shop,
  { before, ...args }: Omit<sessions.ListArgs, "before"> & { before?: string | undefined },
): Promise<string | null> {
  const asOf = head(shop.desk.progress);
  const page = await sessions.list(api, { ...args, ...(before && { before }) });
  shop.put({ kind: "listed", sessions: page.sessions, contacts: page.contacts, asOf });
  return page.next;
}

/** A session that is known by its id only. */
export async function loadSession(api: Api, shop: Shop, id: Id): Promise<void> {
  const asOf = head(shop.desk.progress);
  const { session, contact } = await sessions.get(api, id);
  const contacts = contact ? [contact] : [];
  shop.put({ kind: "listed", sessions: [session], contacts, asOf });
}
