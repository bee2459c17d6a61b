import { beforeEach, expect, it, vi } from "vitest";

import type { Session } from "../api/types";
import { ApiError } from "../api/error";
import { EMPTY, reduce } from "../state/desk";
import type { Action } from "../state/desk";
import { olga } from "../state/recorded";
import { router } from "./router.svelte";
import { SessionActions } from "./session-actions";
import type { Store } from "./store.svelte";
import { toasts } from "./toasts.svelte";

vi.mock("./router.svelte", () => ({ router: { session: "s", open: vi.fn() } }));

const session: Session = {
  id: "s",
  liveChat: "l",
  channel: "ch",
  contact: "c",
  externalChatId: "chat",
  chatName: "Ann Lee",
  status: "assigned",
  operator: "olga",
  openedBy: "user",
  openedAt: "2026-01-01T00:00:00Z",
  unread: 0,
};
let requests: [string, object][];
let refused: ApiError | null;

/** A store whose broker answers with the session. */
function actionsOn(
  before: Partial<Session> = {},
  dispatch = vi.fn(),
  ...more: Action[]
): SessionActions {
  const sessions = [{ ...session, ...before }];
  const desk = reduce(EMPTY, [
    { kind: "me", me: olga },
    { kind: "sessions-listed", sessions, contacts: [], asOf: 0 },
    ...more,
  ]);
  const request = (method: string, { commandId: _, ...args }: { commandId?: string }) => {
    requests.push([method, args]);
    return refused ? Promise.reject(refused) : Promise.resolve({ session });
  };
  return new SessionActions({ desk, me: olga, dispatch, request } as unknown as Store);
}

beforeEach(() => {
  vi.useFakeTimers();
  requests = [];
  refused = null;
  toasts.clear();
  return () => vi.useRealTimers();
});

it("closing can be undone for 10 s", async () => {
  await actionsOn().close("s");
  expect(toasts.shown.map(({ text }) => text)).toEqual(["Conversation with Ann Lee closed"]);
  vi.advanceTimersByTime(9_900);
  const undo = toasts.shown[0]?.action;
  expect(undo?.label).toBe("Undo");
  undo?.run();
  await vi.waitFor(() => expect(router.open).toHaveBeenCalledWith("s", "mine"));
  expect(requests.slice(1)).toEqual([["sessions.reopen", { session: "s" }]]);
  vi.advanceTimersByTime(200);
  expect(toasts.shown).toEqual([]);
});

it("undoing returns the session to the queue or to the colleague that it was closed for", async () => {
  await actionsOn({ status: "queued", operator: undefined }).close("s");
  toasts.shown[0]?.action?.run();
  await vi.waitFor(() => expect(requests).toHaveLength(2));
  expect(requests[1]).toEqual(["sessions.reopen", { session: "s", queue: true }]);

  toasts.clear();
  await actionsOn({ operator: "petr" }).close("s");
  toasts.shown[0]?.action?.run();
  await vi.waitFor(() => expect(requests).toHaveLength(5));
  expect(requests.slice(3)).toEqual([
    ["sessions.reopen", { session: "s" }],
    ["sessions.transfer", { session: "s", to: "petr", note: "" }],
  ]);
});

it("a refused change offers nothing to undo", async () => {
  refused = new ApiError("session_closed", "the session is closed");
  await actionsOn().close("s");
  expect(toasts.shown).toMatchObject([{ tone: "bad" }]);
  expect(toasts.shown[0]?.action).toBeUndefined();
});

it("starting a session that is open already adds the text below its draft", async () => {
  const dispatch = vi.fn();
  const draft = (text: string): Action => ({
    kind: "draft-changed",
    session: "s",
    draft: { text, note: false },
  });
  refused = new ApiError("session_already_open", "", { sessionId: "s" });
  await actionsOn({}, dispatch, draft("One")).start("ch", { contact: "c" }, "Two");
  expect(dispatch).toHaveBeenCalledWith(draft("One\n\nTwo"));
});
