/** What the page knows, and how a new version of it is made out of an old one. */
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
  /** Sessions that events told of and nobody has described: to be asked for. */
  wanted: Map<Id, true>;
}

type ReadonlyTables = {
  readonly [Name in keyof Tables]: ReadonlyMap<
    Tables[Name] extends Map<infer Key, unknown> ? Key : never,
    Tables[Name] extends Map<unknown, infer Value> ? Value : never
  >;
};

export interface Desk extends ReadonlyTables {
  readonly me: Me | null;
  /** All that was open has been listed once: from there on, events tell of everything. */
  readonly listed: boolean;
  readonly progress: progress.Progress;
  /** Events before which others are missing: they wait for a catch-up. */
  readonly held: readonly FeedEvent[];
}

export const EMPTY: Desk = {
  me: null,
  listed: false,
  held: [],
  progress: progress.start,
  liveChats: new Map(),
  channels: new Map(),
  people: new Map(),
  contacts: new Map(),
  sessions: new Map(),
  threads: new Map(),
  outbox: new Map(),
  drafts: new Map(),
  presence: new Map(),
  wanted: new Map(),
};

/** A desk that is being changed: each table is copied once, when it is first written to. */
export class Draft {
  readonly desk: { -readonly [Member in keyof Desk]: Desk[Member] };
  readonly #before: Desk;
  readonly #mine = new Set<keyof Tables>();

  constructor(before: Desk) {
    this.#before = before;
    this.desk = { ...before };
  }

  /** What became of it: the same as before where nothing was changed. */
  done(): Desk {
    const names = Object.keys(this.desk) as (keyof Desk)[];
    const isSame = names.every((name) => this.desk[name] === this.#before[name]);
    return isSame ? this.#before : this.desk;
  }

  write<Name extends keyof Tables>(name: Name): Tables[Name] {
    if (!this.#mine.has(name)) {
      this.#mine.add(name);
      Object.assign(this.desk, { [name]: new Map(this.desk[name] as Map<unknown, unknown>) });
    }
    return this.desk[name] as Tables[Name];
  }
}
