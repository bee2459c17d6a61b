/** The tables of the desk, and a copy-on-write draft of them. */
import type { Channel, Contact, FeedEvent, Id, LiveChat, Me, Person, UserId } from "../api/types";
import type { Drafts } from "./drafts";
import type { Outbox } from "./outbox";
import type { Presence } from "./presence";
import * as progress from "./progress";
import type { Sessions } from "./sessions";
import type { Thread } from "./threads";

export interface Tables {
  liveChats: Map<Id, LiveChat>;
  channels: Map<Id, Channel>;
  people: Map<UserId, Person>;
  contacts: Map<Id, Contact>;
  sessions: Sessions;
  threads: Map<Id, Thread>;
  outbox: Outbox;
  drafts: Drafts;
  presence: Presence;
  /** Sessions that events refer to and that are not loaded, or not up to date. */
  missing: Map<Id, true>;
  /** Contacts that messages and signals refer to and that are not loaded. */
  missingContacts: Map<Id, true>;
}

type ReadonlyTables = {
  readonly [Name in keyof Tables]: ReadonlyMap<
    Tables[Name] extends Map<infer Key, unknown> ? Key : never,
    Tables[Name] extends Map<unknown, infer Value> ? Value : never
  >;
};

export interface Desk extends ReadonlyTables {
  readonly me: Me | null;
  /** All open sessions have been loaded once; events keep them up to date. */
  readonly isListed: boolean;
  readonly progress: progress.Progress;
  /** Events after a gap; they are applied after a catch-up. */
  readonly held: readonly FeedEvent[];
}

export const EMPTY: Desk = {
  me: null,
  isListed: false,
  held: [],
  progress: progress.START,
  liveChats: new Map(),
  channels: new Map(),
  people: new Map(),
  contacts: new Map(),
  sessions: new Map(),
  threads: new Map(),
  outbox: new Map(),
  drafts: new Map(),
  presence: new Map(),
  missing: new Map(),
  missingContacts: new Map(),
};

/** A desk that is being changed: each table is copied when it is first written. */
export class DeskDraft {
  readonly desk: { -readonly [Member in keyof Desk]: Desk[Member] };
  readonly #before: Desk;
  readonly #copied = new Set<keyof Tables>();

  constructor(before: Desk) {
    this.#before = before;
    this.desk = { ...before };
  }

  /** Returns the new desk, or the same object if nothing changed. */
  finish(): Desk {
    const names = Object.keys(this.desk) as (keyof Desk)[];
    const isSame = names.every((name) => this.desk[name] === this.#before[name]);
    return isSame ? this.#before : this.desk;
  }

  write<Name extends keyof Tables>(name: Name): Tables[Name] {
    if (!this.#copied.has(name)) {
      this.#copied.add(name);
      Object.assign(this.desk, { [name]: new Map(this.desk[name] as Map<unknown, unknown>) });
    }
    return this.desk[name] as Tables[Name];
  }
}
