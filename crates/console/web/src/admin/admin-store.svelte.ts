/** State of the administration: users, and messages on the audit subjects. */
import { createContext } from "svelte";

import type { Api } from "../api/client";
import { asApiError } from "../api/error";
import type { FeedEvent, Id, UserId } from "../api/types";
import * as usersApi from "../api/users";
import type { User } from "../api/users";
import { refreshWorkspace } from "../shell/catch-up";
import type { Store } from "../shell/store.svelte";
import { publicBase } from "./state/channel";
import type { HandshakeSignal } from "./state/handshake";
import { parseStream } from "./state/audit";
import { errorText } from "./texts.svelte";

/** Audit events within this time cause one refresh. */
const REFRESH_DELAY_MS = 300;
/** Channel health is not on the feed, so it is polled. */
const POLL_MS = 10_000;
/** How long a request waits for a lost connection to come back. */
const RECONNECT_TIMEOUT_MS = 10_000;
/** Error codes of a request whose connection was lost. */
const CONNECTION_LOST = new Set(["offline", "away"]);

export type AuditMessage =
  | { kind: "handshake"; signal: HandshakeSignal }
  | { kind: "event"; event: FeedEvent };

export class AdminStore {
  users = $state.raw<ReadonlyMap<UserId, User>>(new Map());
  /** Why the last refresh failed. */
  error = $state<string | null>(null);
  loaded = $state(false);

  #awaitingConnection: (() => void)[] = [];
  readonly #listeners = new Set<(message: AuditMessage) => void>();
  #refreshTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly store: Store) {}

  /**
   * Repeats a request once if its connection was lost. Administrators who change their own rights are
   * disconnected and may lose the response; command ids make the repetition safe.
   */
  readonly api: Api = {
    request: async <Ok>(method: string, args?: object, timeoutMs?: number) => {
      const request = () => this.store.request<Ok>(method, args, timeoutMs);
      try {
        return await request();
      } catch (thrown) {
        if (!CONNECTION_LOST.has(asApiError(thrown).code)) throw thrown;
        await this.#waitForConnection();
        return request();
      }
    },
  };

  /** The base URL for messengers, if it is known. */
  get publicUrl(): string | null {
    const { me, channels } = this.store.desk;
    const [channel] = channels.values();
    return me?.publicUrl ?? (channel ? publicBase(channel.publicUrl) : null);
  }

  /** Starts polling and listening; returns a function that stops it. */
  start(): () => void {
    const timer = setInterval(() => void this.refresh(), POLL_MS);
    this.store.onAudit = (name, payload) => this.#onAudit(name, payload);
    return () => {
      clearInterval(timer);
      clearTimeout(this.#refreshTimer);
      this.store.onAudit = () => {};
    };
  }

  /** Subscribes to the audit subjects; returns a function that unsubscribes. */
  listen(listener: (message: AuditMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Call when the connection is up: events may have been missed. */
  onConnected(): void {
    for (const resolve of this.#awaitingConnection.splice(0)) resolve();
    void this.refresh();
  }

  /** Resolves when the connection is up, or after the timeout. */
  #waitForConnection(): Promise<void> {
    return new Promise((resolve) => {
      this.#awaitingConnection.push(resolve);
      setTimeout(resolve, RECONNECT_TIMEOUT_MS);
    });
  }

  async refresh(): Promise<void> {
    if (this.store.status.state !== "live") return;
    try {
      const [users] = await Promise.all([
        allUsers(this.store),
        refreshWorkspace(this.store, this.store),
      ]);
      this.users = new Map(users.map((user) => [user.id, user]));
      this.error = null;
      this.loaded = true;
    } catch (thrown) {
      this.error = errorText(thrown);
    }
  }

  userName(id: UserId): string {
    return this.users.get(id)?.name ?? id;
  }

  /** The current name of an audited object, if it still exists. */
  nameOf(stream: string): string | undefined {
    const { liveChats, channels, contacts } = this.store.desk;
    const { kind, id } = parseStream(stream);
    if (kind === "user") return this.users.get(id)?.name;
    if (kind === "livechat") return liveChats.get(id)?.name;
    if (kind === "channel") return channels.get(id)?.name;
    return contacts.get(id)?.externalUserId || undefined;
  }

  /** The channels of a live chat, in the order they were created. */
  channelsOf(liveChat: Id) {
    const { channels } = this.store.desk;
    return [...channels.values()].filter((channel) => channel.liveChat === liveChat);
  }

  #onAudit(name: string, payload: unknown): void {
    const message: AuditMessage =
      name === "handshake"
        ? { kind: "handshake", signal: payload as HandshakeSignal }
        : { kind: "event", event: payload as FeedEvent };
    for (const listener of this.#listeners) listener(message);
    if (message.kind === "handshake") return;
    clearTimeout(this.#refreshTimer);
    this.#refreshTimer = setTimeout(() => void this.refresh(), REFRESH_DELAY_MS);
  }
}

async function allUsers(api: Api): Promise<User[]> {
  const all: User[] = [];
  let before: UserId | undefined;
  do {
    const page: { users: User[]; next: UserId | null } = await usersApi.list(api, before);
    all.push(...page.users);
    before = page.next ?? undefined;
  } while (before);
  return all;
}

export const [useAdminStore, provideAdminStore] = createContext<AdminStore>();
