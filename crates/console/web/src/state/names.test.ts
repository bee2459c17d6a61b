import { describe, expect, it } from "vitest";

import type { Contact, Message, Session } from "../api/types";
import { authorName, avatarName, contactName, personName, sessionName } from "./names";
import { EMPTY } from "./tables";

const person = (id: string, change: Partial<Contact> = {}): Contact => ({
  id,
  channel: "ch",
  externalUserId: `u-${id}`,
  firstSeenAt: "2026-01-01T00:00:00Z",
  ...change,
});
const session = (change: Partial<Session> = {}): Session => ({
  id: "s",
  liveChat: "l",
  channel: "ch",
  contact: "ann",
  externalChatId: "g-1",
  status: "queued",
  openedBy: "user",
  openedAt: "2026-01-01T00:00:00Z",
  unread: 0,
  ...change,
});
const desk = {
  ...EMPTY,
  contacts: new Map([
    ["ann", person("ann", { username: "Ann" })],
    ["boris", person("boris", { username: "Boris" })],
    ["cyril", person("cyril")],
  ]),
};

describe("a conversation", () => {
  it("is shown under its name, or that of its contact", () => {
    expect(sessionName(desk, session())).toBe("Ann");
    expect(sessionName(desk, session({ chatName: "Dacha 2026", group: true }))).toBe("Dacha 2026");
    expect(sessionName(desk, session({ chatName: "g-1" }))).toBe("Ann");
    expect(sessionName(desk, session({ chatName: "\u200b" }))).toBe("Ann");
    expect(sessionName(desk, undefined)).toBe("…");
  });
});

describe("a person of a group", () => {
  const group = session({ chatName: "Dacha", group: true, contact: "cyril" });

  it("has their own name and not that of the group", () => {
    expect(personName(desk, "boris", group)).toBe("Boris");
    expect(personName(desk, "cyril", group)).toBe("u-cyril");
    const message: Message = { id: "m", session: "s", direction: "inbound", author: "cyril", position: 1 };
    expect(authorName(desk, message, group)).toBe("u-cyril");
  });

  it("has the name of the chat if it is theirs alone", () => {
    expect(personName(desk, "cyril", { ...group, group: false })).toBe("Dacha");
  });
});

describe("a name without visible characters", () => {
  it.each(["\u200b\u200d", "\u0301\u0302", " \u3164 ", "\u2800"])("%j is shown as the id", (username) => {
    const nameless = person("x", { username });
    expect(contactName(nameless)).toBe("u-x");
    expect(avatarName(nameless, "u-x")).toBe("");
  });

  it("differs from other names", () => {
    for (const username of ["👨‍👩‍👧", "🇩🇪", "Z\u0335\u0327\u0361algo"]) {
      const named = person("x", { username });
      expect(contactName(named)).toBe(username);
      expect(avatarName(named, username)).toBe(username);
    }
  });
});
