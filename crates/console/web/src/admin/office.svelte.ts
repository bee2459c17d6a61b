/** What administrators work with beside the desk: who has a login, and what they are told. */
import { createContext } from "svelte";

import type { Api } from "../api/client";
import { asApiError } from "../api/error";
import type { FeedEvent, Id, UserId } from "../api/types";
import * as usersApi from "../api/users";
import type { User } from "../api/users";
import { refreshHouse } from "../shell/catch-up";
import type { Workplace } from "../shell/workplace.svelte";
import { base } from "./state/channel";
import type { Signal } from "./state/handshake";
import { split } from "./state/trail";
import { refused } from "./words.svelte";

/** Changes that come together are asked for together. */
const TOGETHER_MS = 300;
/** The health of channels is not on the feed: it is asked for while somebody looks. */
const HEALTH_MS = 10_000;
/** So long a change waits for a connection that was lost on the way. */
const PATIENCE_MS = 10_000;
/** What an answer that was lost with the connection is called. */
const CUT_OFF = new Set(["offline", "away"]);

export type Told = { kind: "handshake"; signal: Signal } | { kind: "event"; event: FeedEvent };

export class Office {
  users = $state.raw<ReadonlyMap<UserId, User>>(new Map());
  /** Why what is shown could not be loaded. */
  error = $state<string | null>(null);
  loaded = $state(false);

  #waiting: (() => void)[] = [];
  readonly #ears = new Set<(told: Told) => void>();
  #soon: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly workplace: Workplace) {}

  /**
   * Who changes their own rights is signed in anew, and may lose the answer by it: what was asked
   * is asked again once the connection is back. Changes have a key, so they have one effect.
   */
  readonly api: Api = {
    ask: async <Ok>(method: string, args?: object, timeoutMs?: number) => {
      const ask = () => this.workplace.ask<Ok>(method, args, timeoutMs);
      try {
        return await ask();
      } catch (thrown) {
        if (!CUT_OFF.has(asApiError(thrown).code)) throw thrown;
        await this.#connected();
        return ask();
      }
    },
  };

  /** Where messengers reach the company, once it is known. */
  get publicUrl(): string | null {
    const { me, channels } = this.workplace.desk;
    const [channel] = channels.values();
    return me?.publicUrl ?? (channel ? base(channel.publicUrl) : null);
  }

  /** Follows what happens until it is left. */
  open(): () => void {
    const timer = setInterval(() => void this.refresh(), HEALTH_MS);
    this.workplace.onAudit = (name, payload) => this.#heard(name, payload);
    return () => {
      clearInterval(timer);
      clearTimeout(this.#soon);
      this.workplace.onAudit = () => {};
    };
  }

  /** Hears of administrators' acts; answers how to stop. */
  hear(ear: (told: Told) => void): () => void {
    this.#ears.add(ear);
    return () => this.#ears.delete(ear);
  }

  /** The connection is there, or there again: what happened meanwhile was not heard. */
  back(): void {
    for (const goOn of this.#waiting.splice(0)) goOn();
    void this.refresh();
  }

  /** Resolves once there is a connection, or when it has been waited for long enough. */
  #connected(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      setTimeout(resolve, PATIENCE_MS);
    });
  }

  async refresh(): Promise<void> {
    if (this.workplace.status.state !== "live") return;
    try {
      const [users] = await Promise.all([
        everybody(this.workplace),
        refreshHouse(this.workplace, this.workplace),
      ]);
      this.users = new Map(users.map((user) => [user.id, user]));
      this.error = null;
      this.loaded = true;
    } catch (thrown) {
      this.error = refused(thrown);
    }
  }

  userName(id: UserId): string {
    return this.users.get(id)?.name ?? id;
  }

  /** What a stream of the audit trail is called today, if it is there. */
  nameOf(stream: string): string | undefined {
    const { liveChats, channels, contacts } = this.workplace.desk;
    const { kind, id } = split(stream);
    if (kind === "user") return this.users.get(id)?.name;
    if (kind === "livechat") return liveChats.get(id)?.name;
    if (kind === "channel") return channels.get(id)?.name;
    return contacts.get(id)?.externalUserId;
  }

  /** The messengers of a live chat, in the order in which they were connected. */
  channelsOf(liveChat: Id) {
    const { channels } = this.workplace.desk;
    return [...channels.values()].filter((channel) => channel.liveChat === liveChat);
  }

  #heard(name: string, payload: unknown): void {
    const told: Told =
      name === "handshake"
        ? { kind: "handshake", signal: payload as Signal }
        : { kind: "event", event: payload as FeedEvent };
    for (const ear of this.#ears) ear(told);
    if (told.kind === "handshake") return;
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.refresh(), TOGETHER_MS);
  }
}

async function everybody(api: Api): Promise<User[]> {
  const all: User[] = [];
  let before: UserId | undefined;
  do {
    const page: { users: User[]; next: UserId | null } = await usersApi.list(api, before);
    all.push(...page.users);
    before = page.next ?? undefined;
  } while (before);
  return all;
}

export const [useOffice, provideOffice] = createContext<Office>();
