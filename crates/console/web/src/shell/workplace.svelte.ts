/** What a signed-in operator works at: the desk, the connection, and what moves between them. */
import { untrack } from "svelte";

import { asApiError, ApiError } from "../api/error";
import type { Api, Client, Credentials, Place } from "../api/client";
import * as feed from "../api/feed";
import * as house from "../api/house";
import * as sessionsApi from "../api/sessions";
import * as subjects from "../api/subjects";
import type { FeedEvent, Id, Me, Signal } from "../api/types";
import { EMPTY, reduce } from "../state/desk";
import type { Desk, Input } from "../state/desk";
import { kept } from "../state/outbox";
import { administers, supervises } from "../state/rights";
import * as unsent from "../state/unsent";
import { counts } from "../state/views";
import { arrive, catchUp, loadSession, refreshHouse } from "./catch-up";
import { keep } from "./link";
import type { Link, Status } from "./link";
import { Sender } from "./sender";
import { loadUnsent, saveUnsent } from "./storage";

/** Events are taken in together, so that a burst costs one drawing. */
const BATCH_MS = 40;
/** So many of a burst at once: more would make the page stutter. */
const BATCH_MAX = 120;
/** How often the broker is asked whether everything was heard. */
const CHECK_MS = 15_000;
/** Of these checks every so many also ask for colleagues, live chats and channels. */
const HOUSE_EVERY = 4;
const SAVE_MS = 400;

export class Workplace implements Api {
  desk = $state.raw<Desk>(EMPTY);
  status = $state.raw<Status>({ state: "connecting" });
  // What is derived from one table is not derived anew when another one changes.
  readonly #me = $derived(this.desk.me);
  readonly #sessions = $derived(this.desk.sessions);
  readonly counts = $derived(this.#me && counts(this.#sessions.values(), this.#me));
  /** Who hears of each event of the feed after it was taken in: sound, notifications. */
  onEvent: (event: FeedEvent) => void = () => {};
  /** Who hears of what administrators do: the name of what happened, and the payload. */
  onAudit: (name: string, payload: unknown) => void = () => {};

  readonly #place: Place;
  readonly #user: string;
  readonly #link: Link;
  readonly #sender: Sender;
  readonly #timer: ReturnType<typeof setInterval>;
  #client: Client | null = null;
  #inputs: Input[] = [];
  /** Events that were heard and not told of yet. */
  #live: FeedEvent[] = [];
  #flushing: ReturnType<typeof setTimeout> | undefined;
  #saving: ReturnType<typeof setTimeout> | undefined;
  /** As it was when it was stored last. */
  #saved: unsent.Kept;
  /** Nobody works here any more: what is answered still is not stored. */
  #left = false;
  #catching = false;
  /** Sessions that were asked for in vain: the next check asks again. */
  readonly #unanswered = new Set<Id>();
  #checks = 0;
  /** The feed told of a live chat that is not known. */
  #houseStale = false;

  constructor(place: Place, credentials: Credentials, first: Client) {
    this.#place = place;
    this.#user = credentials.user;
    const { drafts, outbox } = loadUnsent(this.#user);
    this.#saved = { drafts: new Map(drafts), outbox: kept(outbox, Date.now()) };
    this.desk = { ...EMPTY, ...this.#saved };
    this.#sender = new Sender(this);
    this.#link = keep(place, credentials, first, {
      connected: (client) => this.#connected(client),
      disconnected: () => (this.#client = null),
      status: (status) => (this.status = status),
    });
    this.#timer = setInterval(() => this.#check(), CHECK_MS);
    addEventListener("online", this.retryNow);
  }

  get me(): Me {
    if (!this.desk.me) throw new Error("nobody is known to be signed in yet");
    return this.desk.me;
  }

  /** Asks the broker; without a connection it fails at once. */
  async ask<Ok>(method: string, args?: object, timeoutMs?: number): Promise<Ok> {
    const client = this.#client;
    if (!client) throw new ApiError("offline", "there is no connection to the broker");
    try {
      return await client.ask<Ok>(method, args, timeoutMs);
    } catch (error) {
      // NATS is there and the broker is not: that is no connection either.
      if (error instanceof ApiError && error.code === "away") void client.close();
      throw error;
    }
  }

  /** Takes in what happened here, at once, after all that was heard before. */
  put(...inputs: Input[]): void {
    this.#inputs.push(...inputs);
    this.#flush(this.#inputs.length);
    this.#save();
  }

  readonly retryNow = () => this.#link.retryNow();

  /** Ends everything. Without `keepUnsent` what was not sent is forgotten. */
  leave(keepUnsent: boolean): void {
    if (this.#left) return;
    this.#left = true;
    this.#link.stop();
    clearInterval(this.#timer);
    clearTimeout(this.#saving);
    removeEventListener("online", this.retryNow);
    if (keepUnsent) this.#saveNow();
    else saveUnsent(this.#user, null);
  }

  async #connected(client: Client): Promise<void> {
    const heard = (subject: string, payload: unknown) => this.#heard(subject, payload);
    const { workspace } = this.#place;
    const before = await house.me(client);
    const feeds = supervises(before)
      ? [subjects.everyFeed(workspace)]
      : before.liveChats.map(({ id }) => subjects.feedOf(workspace, id));
    for (const subject of feeds) client.hear(subject, heard);
    if (administers(before))
      client.hear(subjects.audit(workspace), (subject, payload) =>
        this.onAudit(subjects.eventName(subject), payload),
      );
    await client.settle();
    // Asked again: what happened until the feed was heard is before this answer.
    const me = await house.me(client);
    this.#client = client;
    await arrive(client, this, me);
    this.#sender.send();
    this.#look();
  }

  #heard(subject: string, payload: unknown): void {
    const name = subjects.eventName(subject);
    if (name === "typing" || name === "viewing") {
      const about = payload as Signal;
      this.#later({ kind: "signal", signal: name, about, now: Date.now() });
      return;
    }
    const event = payload as FeedEvent;
    this.#houseStale ||= !!event.livechat && !this.desk.liveChats.has(event.livechat);
    this.#live.push(event);
    this.#later({ kind: "event", event });
  }

  /** Takes in what is heard, together with what else is heard about now. */
  #later(input: Input): void {
    this.#inputs.push(input);
    this.#flushing ??= setTimeout(() => this.#flushSome(), BATCH_MS);
  }

  #flushSome(): void {
    this.#flushing = undefined;
    this.#flush(BATCH_MAX);
    if (this.#inputs.length > 0) this.#flushing = setTimeout(() => this.#flushSome(), 0);
    else for (const event of this.#live.splice(0)) this.onEvent(event);
    this.#look();
  }

  #flush(most: number): void {
    const inputs = this.#inputs.splice(0, most);
    // Whoever puts something in does not thereby depend on all that there is.
    if (inputs.length > 0) this.desk = reduce(untrack(() => this.desk), inputs);
  }

  /** Sees to what the desk lacks. */
  #look(): void {
    if (this.desk.held.length > 0) void this.#catchUp();
    for (const id of this.desk.wanted.keys()) void this.want(id);
    if (this.#houseStale) this.#refreshHouse();
  }

  /** Asks for a session that is known by its id only; answers whether it may be seen. */
  async want(id: Id): Promise<boolean> {
    this.put({ kind: "asked", session: id });
    const error = await this.#quietly(() => loadSession(this, this, id));
    if (error?.isUncertain) this.#unanswered.add(id);
    return this.desk.sessions.has(id) || !!error?.isUncertain;
  }

  #check(): void {
    if (this.status.state !== "live") return;
    // Whoever is not told whether there is more must not say that all is here.
    void this.#catchUp().then((error) => {
      if (error?.code === "timeout") void this.#client?.close();
    });
    for (const id of this.#unanswered) void this.want(id);
    this.#unanswered.clear();
    this.#checks += 1;
    if (this.#checks % HOUSE_EVERY === 0) this.#refreshHouse();
  }

  #refreshHouse(): void {
    this.#houseStale = false;
    void this.#quietly(() => refreshHouse(this, this));
  }

  async #catchUp(): Promise<ApiError | undefined> {
    if (this.#catching) return;
    this.#catching = true;
    const error = await this.#quietly(() => catchUp(this, this));
    this.#catching = false;
    return error;
  }

  /** What is done of the page's own accord fails without a word: it is done again. */
  async #quietly(work: () => Promise<unknown>): Promise<ApiError | undefined> {
    try {
      await work();
    } catch (thrown) {
      const error = asApiError(thrown);
      console.debug("asked in vain:", error.message);
      return error;
    }
  }

  /** Says that somebody writes or looks here; lost ones do not matter. */
  signal(kind: "typing" | "viewing", session: Id, ended?: boolean): void {
    if (ended && !this.desk.me?.signalsEnd) return;
    void this.#quietly(() => feed[kind](this, session, ended));
  }

  /** The next page of a thread's history. */
  async loadEarlier(session: Id): Promise<void> {
    const thread = this.desk.threads.get(session);
    if (!thread?.earlier || thread.loading) return;
    this.put({ kind: "history-asked", session });
    try {
      const { of, before } = thread.earlier;
      const page = await sessionsApi.history(this, of, before);
      this.put({ kind: "history", session, page });
    } catch (error) {
      this.put({ kind: "history-failed", session });
      throw error;
    }
  }

  /** Sends what waits to be sent. */
  send(): void {
    this.#sender.send();
  }

  #save(): void {
    if (this.#left || unsent.isSame(this.#saved, untrack(() => this.desk))) return;
    this.#saving ??= setTimeout(() => this.#saveNow(), SAVE_MS);
  }

  #saveNow(): void {
    this.#saving = undefined;
    const { drafts, outbox } = this.desk;
    const now = { drafts, outbox };
    saveUnsent(this.#user, unsent.merged(loadUnsent(this.#user), this.#saved, now));
    this.#saved = now;
  }
}
