import { expect, it } from "vitest";

import type { Api } from "../api/client";
import type { Me, Session } from "../api/types";
import { EMPTY, reduce } from "../state/desk";
import type { Action } from "../state/desk";
import { olga } from "../state/recorded";
import { loadContact, synchronize } from "./catch-up";

const me: Me = { ...olga, position: 7 };

function emptyStore() {
  const store = {
    desk: EMPTY,
    dispatch: (...actions: Action[]) => void (store.desk = reduce(store.desk, actions)),
  };
  return store;
}

/** A broker whose connection breaks at the request for `failing`. */
function broker(failing?: string) {
  const requests: string[] = [];
  const responses: Record<string, object> = {
    "live-chats.list": { liveChats: me.liveChats },
    "channels.list": { channels: [] },
    "sessions.list": { sessions: [], contacts: [], next: null },
    "contacts.get": { contact: { id: "c" }, sessions: [{ id: "s", contact: "c" } as Session] },
    "events.after": { events: [], next: null, position: 7 },
  };
  const api: Api = {
    request<Ok>(method: string): Promise<Ok> {
      requests.push(method);
      if (method === failing) return Promise.reject(new Error("the connection is gone"));
      return Promise.resolve(responses[method] as Ok);
    },
  };
  return { api, requests };
}

it("loads the lists again when the connection broke before all were loaded", async () => {
  const store = emptyStore();
  await expect(synchronize(broker("sessions.list").api, store, me)).rejects.toThrow("gone");
  const second = broker();
  await synchronize(second.api, store, me);
  expect(second.requests).toContain("sessions.list");
});

it("loads only missed events once all lists were loaded", async () => {
  const store = emptyStore();
  await synchronize(broker().api, store, me);
  const second = broker();
  await synchronize(second.api, store, me);
  expect(second.requests).toContain("events.after");
  expect(second.requests).not.toContain("sessions.list");
});

it("loads a contact together with their sessions, which may be closed", async () => {
  const store = emptyStore();
  await loadContact(broker().api, store, "c");
  expect(store.desk.contacts.has("c")).toBe(true);
  expect(store.desk.sessions.get("s")).toMatchObject({ contact: "c" });
});
