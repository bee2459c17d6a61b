/** The state of a signed-in user: the desk, the connection to the broker, and unsent messages. */
import { untrack } from "svelte";

import type { Api, Client, Credentials } from "../api/client";
import { ApiError, asApiError } from "../api/error";
import * as feed from "../api/feed";
import * as sessionsApi from "../api/sessions";
import * as subjects from "../api/subjects";
import type { FeedEvent, Id, Me, Signal } from "../api/types";
import * as workspace from "../api/workspace";
import { EMPTY, reduce } from "../state/desk";
import type { Action, Desk } from "../state/desk";
import { restore } from "../state/outbox";
import { canAdminister, canSupervise } from "../state/rights";
import * as unsent from "../state/unsent";
import { counts } from "../state/views";
import { catchUp, loadContact, loadSession, refreshWorkspace, synchronize } from "./catch-up";
import { clock } from "./clock.svelte";
import { Connection } from "./connection";
import type { Open, Status } from "./connection";
import { isolated } from "./isolated";
import { Sender } from "./sender";
import * as storage from "./storage";

/** Events that arrive within this time are applied together, so that a burst renders once. */
const BATCH_MS = 40;
/** Most events applied at once; larger batches cause visible stutter. */
const BATCH_MAX = 120;
/** How often the page checks that the session router is running. */
const PROBE_MS = 2_000;
/** One in this many probes also asks for events that NATS may have dropped. */
const PROBES_PER_CHECK = 8;
/** One in this many checks also reloads colleagues, live chats and channels. */
const CHECKS_PER_REFRESH = 4;
const SAVE_MS = 400;

export class Store implements Api {
  desk = $state.raw<Desk>(EMPTY);
  status = $state.raw<Status>({ state: "connecting" });
  /** Whether drafts and unsent messages survive a reload. */
  isStored = $state(storage.canStore());
  // Separate tables, so that a change of another table does not compute the counts again.
  readonly #me = $derived(this.desk.me);
  readonly #sessions = $derived(this.desk.sessions);
  readonly counts = $derived(this.#me && counts(this.#sessions.values(), this.#me));
  /** Whether the password was stored when the status became `locked`. */
  stayed = false;
  /** Called for each feed event after it was applied. */
  onEvent: (event: FeedEvent) => void = () => {};
  /** Called for each message on the audit subjects, with the last token of the subject. */
  onAudit: (name: string, payload: unknown) => void = () => {};

  readonly user: string;
  readonly #connection: Connection;
  readonly #sender: Sender;
  readonly #timer: ReturnType<typeof setInterval>;
  #client: Client | null = null;
  #actions: Action[] = [];
  /** Feed events that `onEvent` was not called for yet. */
  #unreported: FeedEvent[] = [];
  #flushing: ReturnType<typeof setTimeout> | undefined;
  #saving: ReturnType<typeof setTimeout> | undefined;
  /** Drafts and outbox as they were last stored. */
  #saved: unsent.UnsentTables;
  /** After sign-out, late responses must not be stored. */
  #isClosed = false;
  #isCatchingUp = false;
  /** Sessions whose request failed; the next check requests them again. */
  readonly #unanswered = new Set<Id>();
  #isProbing = false;
  #probes = 0;
  /** The feed named a live chat that is not on the desk. */
  #isWorkspaceStale = false;

  /** Opens the first connection itself if `first` is null. */
  constructor(open: Open, credentials: Credentials, first: Client | null) {
    this.user = credentials.user;
    const { drafts, outbox } = storage.loadUnsent(this.user);
    this.#saved = { drafts: new Map(drafts), outbox: restore(outbox, Date.now()) };
    this.desk = { ...EMPTY, ...this.#saved };
    this.#sender = new Sender(this);
    this.#connection = new Connection(open, credentials, first, {
      connected: (client) => this.#connected(client),
      disconnected: () => (this.#client = null),
      status: (status) => this.#changed(status),
    });
    this.#timer = setInterval(() => void this.#probe(), PROBE_MS);
    addEventListener("online", this.retryNow);
    addEventListener("beforeunload", this.#askBeforeUnload);
  }


  get me(): Me {
    if (!this.desk.me) throw new Error("the signed-in user is not loaded yet");
    return this.desk.me;
  }

  /** Sends a request to the broker. Fails at once without a connection. */
  async request<Ok>(method: string, args?: object, timeoutMs?: number): Promise<Ok> {
    const client = this.#client;
    if (!client) throw new ApiError("offline", "not connected to the broker");
    try {
      return await client.request<Ok>(method, args, timeoutMs);
    } catch (error) {
      // NATS is up but the router is not: treat it as a lost connection.
      if (error instanceof ApiError && error.code === "away") client.close();
      throw error;
    }
  }

  /** Applies actions at once, after all events received before. */
  dispatch(...actions: Action[]): void {
    this.#actions.push(...actions);
    this.#flush(this.#actions.length);
    this.#save();
  }

  readonly retryNow = () => this.#connection.retryNow();

  /** Signs in again after the status `locked`. Rejects if that is refused too. */
  unlock(password: string): Promise<void> {
    return this.#connection.unlock(password);
  }

  #changed(status: Status): void {
    this.status = status;
    if (status.state !== "locked") return;
    this.stayed = storage.loadCredentials() !== null;
    // A reload must not send a refused password again.
    if (status.cause === "denied") storage.saveCredentials(null);
  }

  /** Disconnects. Without `keepUnsent` drafts and unsent messages are removed. */
  close({ keepUnsent }: { keepUnsent: boolean }): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.stop();
    clearInterval(this.#timer);
    clearTimeout(this.#saving);
    removeEventListener("online", this.retryNow);
    removeEventListener("beforeunload", this.#askBeforeUnload);
    if (keepUnsent) this.#saveNow();
    else storage.saveUnsent(this.user, null);
  }

  async #connected(client: Client): Promise<void> {
    const onMessage = (subject: string, payload: unknown) => this.#received(subject, payload);
    const names = client.workspace;
    const before = await clock.timed(() => workspace.me(client));
    const feeds = canSupervise(before)
      ? [subjects.everyFeed(names)]
      : before.liveChats.map(({ id }) => subjects.feedOf(names, id));
    for (const subject of feeds) client.subscribe(subject, onMessage);
    if (canAdminister(before))
      client.subscribe(subjects.audit(names), (subject, payload) =>
        this.onAudit(subjects.eventName(subject), payload),
      );
    await client.flush();
    // Again, now that the subscriptions are active: later events come by the feed.
    const me = await workspace.me(client);
    this.#client = client;
    await synchronize(client, this, me);
    this.#sender.send();
    this.#loadMissing();
  }

  #received(subject: string, payload: unknown): void {
    const name = subjects.eventName(subject);
    if (name === "typing" || name === "viewing") {
      const details = payload as Signal;
      this.#dispatchLater({ kind: "signal", signal: name, details, now: Date.now() });
      return;
    }
    const event = payload as FeedEvent;
    this.#isWorkspaceStale ||= !!event.livechat && !this.desk.liveChats.has(event.livechat);
    this.#unreported.push(event);
    this.#dispatchLater({ kind: "event", event });
  }

  #dispatchLater(action: Action): void {
    this.#actions.push(action);
    this.#flushing ??= setTimeout(() => this.#flushBatch(), BATCH_MS);
  }

  #flushBatch(): void {
    this.#flushing = undefined;
    this.#flush(BATCH_MAX);
    if (this.#actions.length > 0) this.#flushing = setTimeout(() => this.#flushBatch(), 0);
    else
      for (const event of this.#unreported.splice(0))
        isolated("the handler of a feed event", () => this.onEvent(event));
    this.#loadMissing();
  }

  #flush(max: number): void {
    const actions = this.#actions.splice(0, max);
    // Untracked: an effect that dispatches must not depend on the whole desk.
    if (actions.length > 0) this.desk = reduce(untrack(() => this.desk), actions);
  }

  /** Requests what the desk refers to and does not have. */
  #loadMissing(): void {
    if (this.desk.held.length > 0) void this.#catchUp();
    for (const id of this.desk.missing.keys()) void this.load(id);
    for (const id of this.desk.missingContacts.keys()) void this.loadContact(id);
    if (this.#isWorkspaceStale) this.#refreshWorkspace();
  }

  /** Loads a session by its id. Returns false if this user may not see it. */
  async load(id: Id): Promise<boolean> {
    this.dispatch({ kind: "session-requested", session: id });
    const error = await this.#inBackground(() => loadSession(this, this, id));
    if (error?.isUncertain) this.#unanswered.add(id);
    return this.desk.sessions.has(id) || !!error?.isUncertain;
  }

  /** Loads a contact and their newest sessions. */
  async loadContact(id: Id): Promise<void> {
    this.dispatch({ kind: "contact-requested", contact: id });
    await this.#inBackground(() => loadContact(this, this, id));
  }

  /** A broker that is gone is noticed here: NATS answers at once that nobody responds. */
  async #probe(): Promise<void> {
    if (this.status.state !== "live" || this.#isProbing) return;
    this.#isProbing = true;
    this.#closeOnTimeout(await this.#inBackground(() => workspace.me(this)));
    this.#isProbing = false;
    this.#probes += 1;
    if (this.#probes % PROBES_PER_CHECK === 0) await this.#check();
  }

  async #check(): Promise<void> {
    for (const id of this.#unanswered) void this.load(id);
    this.#unanswered.clear();
    if (this.#probes % (PROBES_PER_CHECK * CHECKS_PER_REFRESH) === 0) this.#refreshWorkspace();
    this.#closeOnTimeout(await this.#catchUp());
  }

  /** A page that cannot check for missed events must not claim to be up to date. */
  #closeOnTimeout(error: ApiError | undefined): void {
    if (error?.code === "timeout") this.#client?.close();
  }

  #refreshWorkspace(): void {
    this.#isWorkspaceStale = false;
    void this.#inBackground(() => refreshWorkspace(this, this));
  }

  /** Reloads colleagues with their availability. */
  readonly refreshColleagues = () => {
    if (this.status.state === "live") this.#refreshWorkspace();
  };

  async #catchUp(): Promise<ApiError | undefined> {
    if (this.#isCatchingUp) return;
    this.#isCatchingUp = true;
    const error = await this.#inBackground(() => catchUp(this, this));
    this.#isCatchingUp = false;
    return error;
  }

  /** Runs a request that the user did not ask for: a failure is only logged, and retried later. */
  async #inBackground(request: () => Promise<unknown>): Promise<ApiError | undefined> {
    try {
      await request();
    } catch (thrown) {
      const error = asApiError(thrown);
      console.debug("background request failed:", error.message);
      return error;
    }
  }

  /** Tells others that this user types or looks here. Best effort. */
  signal(kind: "typing" | "viewing", session: Id, ended?: boolean): void {
    if (ended && !this.desk.me?.signalsEnd) return;
    void this.#inBackground(() => feed[kind](this, session, ended));
  }

  /** Loads the next page of a thread's history. */
  async loadEarlier(session: Id): Promise<void> {
    const thread = this.desk.threads.get(session);
    if (!thread?.earlier || thread.loading) return;
    this.dispatch({ kind: "history-requested", session });
    try {
      const page = await sessionsApi.history(this, thread.contact, thread.earlier.before);
      this.dispatch({ kind: "history-loaded", session, page });
    } catch (error) {
      this.dispatch({ kind: "history-failed", session });
      throw error;
    }
  }

  /** Sends the messages in the outbox. */
  send(): void {
    this.#sender.send();
  }

  #save(): void {
    if (this.#isClosed || unsent.isSame(this.#saved, untrack(() => this.desk))) return;
    this.#saving ??= setTimeout(() => this.#saveNow(), SAVE_MS);
  }

  #saveNow(): void {
    this.#saving = undefined;
    this.isStored = storage.saveUnsent(this.user, this.#merged());
    const { drafts, outbox } = this.desk;
    this.#saved = { drafts, outbox };
  }

  /** Drafts and unsent messages of all tabs. */
  #merged(): unsent.Unsent {
    return unsent.merge(storage.loadUnsent(this.user), this.#saved, this.desk);
  }

  /** Counts what signing out would remove. */
  countUnsent(): ReturnType<typeof unsent.count> {
    return unsent.count(this.#merged());
  }

  readonly #askBeforeUnload = (event: BeforeUnloadEvent) => {
    const { drafts, messages } = this.countUnsent();
    if (!this.isStored && drafts + messages > 0) event.preventDefault();
  };
}
