import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { ConnectError } from "../api/client";
import type { Client } from "../api/client";
import { ApiError } from "../api/error";
import { olga } from "../state/recorded";
import { Store } from "./store.svelte";

vi.mock("./router.svelte", () => ({ router: { session: null } }));

const RESPONSES: Record<string, object> = {
  me: { ...olga, position: 7 },
  "live-chats.list": { liveChats: olga.liveChats },
  "channels.list": { channels: [] },
  "sessions.list": { sessions: [], contacts: [], next: null },
  "events.after": { events: [], next: null, position: 7 },
};

/** A broker whose session router can be killed while NATS stays up. */
class FakeBroker implements Client {
  isKilled = false;
  readonly workspace = "w";
  readonly ended: Promise<void>;
  close = () => {};

  constructor() {
    this.ended = new Promise((resolve) => (this.close = resolve));
  }

  subscribe(): void {}

  flush(): Promise<void> {
    return Promise.resolve();
  }

  request<Ok>(method: string): Promise<Ok> {
    if (this.isKilled) return Promise.reject(new ApiError("away", "no responders"));
    return Promise.resolve(RESPONSES[method] as Ok);
  }
}

/** What other tabs see of a tab's local storage. */
function fakeStorage() {
  const all = new Map<string, string>();
  return {
    getItem: (key: string) => all.get(key) ?? null,
    setItem: (key: string, value: string) => void all.set(key, value),
    removeItem: (key: string) => void all.delete(key),
  };
}

const unreachable = () => Promise.reject(new ConnectError("unreachable", "no route"));
const credentials = { user: "olga", password: "" };
let page: EventTarget;
let stores: Store[];

beforeEach(() => {
  vi.useFakeTimers();
  page = new EventTarget();
  stores = [];
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  vi.stubGlobal("localStorage", fakeStorage());
  vi.stubGlobal("sessionStorage", fakeStorage());
});
afterEach(() => {
  for (const store of stores) store.close({ keepUnsent: false });
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function openStore() {
  const broker = new FakeBroker();
  const store = new Store(unreachable, credentials, broker);
  stores.push(store);
  await vi.advanceTimersByTimeAsync(0);
  expect(store.status.state).toBe("live");
  return { broker, store };
}

const draft = (session: string, text: string) =>
  ({ kind: "draft-changed", session, draft: { text, note: false } }) as const;

it("shows within 3 s that the session router is gone", async () => {
  const { broker, store } = await openStore();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(store.status.state).toBe("live");
  broker.isKilled = true;
  await vi.advanceTimersByTimeAsync(3_000);
  expect(store.status.state).toBe("offline");
});

it("two tabs of a user count what both would lose", async () => {
  const [first, second] = [await openStore(), await openStore()];
  second.store.dispatch(draft("s", "half"));
  await vi.advanceTimersByTimeAsync(1_000);
  first.store.dispatch(draft("t", "whole"));
  expect(first.store.countUnsent()).toEqual({ drafts: 2, messages: 0 });
});

it("asks before a page with unsent messages is closed that could not store them", async () => {
  const { store } = await openStore();
  const asks = () => !page.dispatchEvent(new Event("beforeunload", { cancelable: true }));
  store.dispatch(draft("s", "half"));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asks()).toBe(false);
  vi.spyOn(console, "warn").mockReturnValue();
  localStorage.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  store.dispatch(draft("s", "half of it"));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(store.isStored).toBe(false);
  expect(asks()).toBe(true);
});
