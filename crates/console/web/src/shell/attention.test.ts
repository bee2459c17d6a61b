import { beforeEach, describe, expect, it, vi } from "vitest";

import type { FeedEvent, Message, Session } from "../api/types";
import { EMPTY, reduce } from "../state/desk";
import { feed, olga } from "../state/recorded";
import { Attention } from "./attention.svelte";
import { notify, withdraw } from "./notify";
import { router } from "./router.svelte";
import { ring } from "./sound";
import type { Store } from "./store.svelte";

vi.mock("./notify", () => ({ notify: vi.fn(), withdraw: vi.fn() }));
vi.mock("./sound", () => ({ ring: vi.fn() }));
vi.mock("./focus.svelte", () => ({ focus: { visible: false } }));
vi.mock("./router.svelte", () => ({ router: { session: null } }));
vi.mock("./preferences.svelte", () => ({
  preferences: { values: { sound: true, notifications: true } },
}));

const opened = feed.find(({ type }) => type.endsWith("session-opened"))!;
const sessions = ["s1", "s2", "s3"];
/** A message that opens a session in the queue. */
const waiting = (id: string, i: number): FeedEvent => ({
  ...opened,
  position: opened.position + i,
  previous: opened.position + i - 1,
  data: { ...opened.data, session: { ...(opened.data.session as object), id } as never },
});
const events = sessions.map(waiting);
const desk = reduce(EMPTY, [
  { kind: "me", me: olga },
  { kind: "caught-up", position: opened.position - 1 },
  ...events.map((event) => ({ kind: "event" as const, event })),
]);
let attention: Attention;

beforeEach(() => {
  vi.resetAllMocks();
  vi.useFakeTimers({ now: 1_000_000 });
  attention = new Attention(() => ({ desk }) as unknown as Store);
  return () => vi.useRealTimers();
});

it("a notification or a sound that fails does not silence the sessions after it", () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.mocked(ring).mockImplementationOnce(() => {
    throw new Error("the audio device is gone");
  });
  vi.mocked(notify).mockImplementationOnce(() => {
    throw new TypeError("Illegal constructor");
  });
  for (const event of events) {
    attention.onEvent(event);
    vi.advanceTimersByTime(3_000);
  }
  expect(ring).toHaveBeenCalledTimes(3);
  expect(vi.mocked(notify).mock.calls.map(([tag]) => tag)).toEqual(sessions);
});

it("the sound repeats until the session that waits was opened, and no other", async () => {
  const { focus } = await import("./focus.svelte");
  attention.onEvent(events[0]!);
  const ringsLater = () => {
    vi.mocked(ring).mockClear();
    vi.advanceTimersByTime(10_000);
    attention.tick(Date.now());
    return vi.mocked(ring).mock.calls.length > 0;
  };
  focus.visible = true;
  expect(ringsLater()).toBe(true);
  Object.assign(router, { session: "s2" });
  expect(ringsLater()).toBe(true);
  Object.assign(router, { session: "s1" });
  expect(ringsLater()).toBe(false);
  Object.assign(router, { session: null });
  expect(ringsLater()).toBe(false);
  focus.visible = false;
});

describe("a deleted message", () => {
  const received = feed.find(({ type }) => type.endsWith("message-received"))!;
  const message = received.data.message as Message;
  const change = (name: string, id: string, unread: number): FeedEvent => ({
    ...received,
    type: `switchboard.${name}`,
    data: {
      by: "messenger",
      message: { ...message, id },
      session: { ...(received.data.session as Session), id: "s1", unread },
    },
  });
  const rings = () => {
    vi.mocked(ring).mockClear();
    vi.advanceTimersByTime(10_000);
    attention.tick(Date.now());
    return vi.mocked(ring).mock.calls.length > 0;
  };

  it("leaves the notification, and the sound stops with the last unread one", () => {
    attention.onEvent(change("message-received", "m1", 1));
    attention.onEvent(change("message-received", "m2", 2));
    attention.onEvent(change("message-deleted", "m1", 1));
    expect(withdraw).not.toHaveBeenCalled();
    expect(rings()).toBe(true);
    attention.onEvent(change("message-deleted", "m2", 0));
    expect(withdraw).toHaveBeenCalledExactlyOnceWith("s1");
    expect(rings()).toBe(false);
  });
});
