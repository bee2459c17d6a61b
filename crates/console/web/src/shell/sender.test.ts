import { expect, it, vi } from "vitest";

import { ApiError } from "../api/error";
import { EMPTY, reduce } from "../state/desk";
import type { Action } from "../state/desk";
import { closedSession } from "../state/recorded";
import { Sender } from "./sender";

vi.mock("./router.svelte", () => ({ router: { session: closedSession } }));

/** A store with two messages of one session; the broker refuses the first. */
function storeWithTwoMessages() {
  const outgoing = (key: string) =>
    ({ key, session: closedSession, kind: "message", text: key, at: 0 }) as const;
  const requests: unknown[] = [];
  const store = {
    status: { state: "live", lostAt: null } as const,
    desk: reduce(EMPTY, [
      { kind: "message-composed", outgoing: outgoing("a") },
      { kind: "message-composed", outgoing: outgoing("b") },
    ]),
    dispatch: (...actions: Action[]) => void (store.desk = reduce(store.desk, actions)),
    requests,
    request<Ok>(_: string, args: object = {}): Promise<Ok> {
      const { commandId } = args as { commandId?: string };
      requests.push(commandId);
      if (commandId === "a") return Promise.reject(new ApiError("invalid", "too long"));
      return Promise.resolve({ messageId: "m", position: 1 } as Ok);
    },
  };
  return store;
}

it("sends the next message after one was refused", async () => {
  const store = storeWithTwoMessages();
  new Sender(store).send();
  await vi.waitFor(() => expect(store.requests).toEqual(["a", "b"]));
  await vi.waitFor(() => expect([...store.desk.outbox.keys()]).toEqual(["a"]));
  expect(store.desk.outbox.get("a")?.refused?.code).toBe("invalid");
});
