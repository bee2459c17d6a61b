import { describe, expect, it } from "vitest";

import type { Channel, Contact, Group, Message, Session } from "../api/types";
import { olga } from "./recorded";
import { canQuote, canReopen, canReply, canTake, canTakeOver } from "./rights";

const as = (...groups: Group[]) => ({ ...olga, groups });
const session = (change: Partial<Session>): Session => ({
  id: "s",
  liveChat: "l",
  channel: "ch",
  contact: "c",
  externalChatId: "chat",
  status: "queued",
  openedBy: "user",
  openedAt: "2026-01-01T00:00:00Z",
  unread: 0,
  ...change,
});
const queued = session({});
const mine = session({ status: "assigned", operator: "olga" });
const petrs = session({ status: "assigned", operator: "petr" });
const closed = session({ status: "closed", operator: "olga" });
const [reader, operator, supervisor] = [as("readers"), as("operators"), as("supervisors")];

describe("taking is offered", () => {
  it("to operators in the queue only", () => {
    const offered = [queued, mine, petrs, closed].map((one) => canTake(operator, one));
    expect(offered).toEqual([true, false, false, false]);
  });

  it("to supervisors and administrators also on a colleague's session", () => {
    for (const user of [supervisor, as("administrators")]) {
      const offered = [queued, mine, petrs, closed].map((one) => canTake(user, one));
      expect(offered).toEqual([true, false, true, false]);
      expect(canTakeOver(user, queued)).toBe(false);
      expect(canTakeOver(user, petrs)).toBe(true);
    }
  });

  it("to readers nowhere", () => {
    expect([queued, mine, petrs, closed].some((one) => canTake(reader, one))).toBe(false);
  });
});

it("a reply can be written to the queue, and to a colleague's session by supervisors", () => {
  const offered = (user: typeof olga) => [queued, mine, petrs, closed].map((one) => canReply(user, one));
  expect(offered(operator)).toEqual([true, true, false, false]);
  expect(offered(supervisor)).toEqual([true, true, true, false]);
  expect(offered(reader)).toEqual([false, false, false, false]);
});

describe("reopening is offered", () => {
  const channels = new Map([["ch", {} as Channel]]);
  const contact = (change: Partial<Contact> = {}) =>
    new Map([["c", { id: "c", channel: "ch", externalUserId: "u", firstSeenAt: "", ...change }]]);
  const on = (sessions: Session[], change: object = {}) => ({
    sessions: new Map(sessions.map((one) => [one.id, { ...one, lastEvent: 0 }])),
    contacts: contact(),
    channels,
    ...change,
  });

  it("for closed sessions, to those who may write", () => {
    expect(canReopen(operator, closed, on([closed]))).toBe(true);
    expect(canReopen(reader, closed, on([closed]))).toBe(false);
    for (const open of [queued, mine, petrs]) expect(canReopen(operator, open, on([]))).toBe(false);
  });

  it("not after the channel was deleted or the contact erased", () => {
    expect(canReopen(operator, closed, on([closed], { channels: new Map() }))).toBe(false);
    const contacts = contact({ forgotten: "2026-01-02T00:00:00Z" });
    expect(canReopen(operator, closed, on([closed], { contacts }))).toBe(false);
  });

  it("not while another session of the chat is open", () => {
    const other = (change: Partial<Session>) => on([closed, session({ id: "other", ...change })]);
    expect(canReopen(operator, closed, other({}))).toBe(false);
    expect(canReopen(operator, closed, other({ status: "closed" }))).toBe(true);
    expect(canReopen(operator, closed, other({ externalChatId: "another" }))).toBe(true);
    expect(canReopen(operator, closed, other({ channel: "another" }))).toBe(true);
  });
});

describe("quoting is offered", () => {
  const said = (change: Partial<Message>): Message => ({
    id: "m",
    session: "s",
    direction: "inbound",
    position: 1,
    ...change,
  });
  const earlier = (change: Partial<Session>) => session({ id: "before", ...change });
  const offered = (message: Partial<Message>, ...known: Session[]) => {
    const sessions = new Map([mine, ...known].map((one) => [one.id, { ...one, lastEvent: 0 }]));
    return canQuote(operator, mine, said(message), { sessions });
  };

  it("for what was said and still stands, to those who may reply", () => {
    expect(offered({})).toBe(true);
    expect(offered({ direction: "outbound" })).toBe(true);
    expect(offered({ direction: "note" })).toBe(false);
    expect(offered({ deleted: "2026-01-02T00:00:00Z" })).toBe(false);
    expect(canQuote(operator, petrs, said({}), { sessions: new Map() })).toBe(false);
  });

  it("in the same chat, which others of the person are not", () => {
    expect(offered({ session: "before" }, earlier({}))).toBe(true);
    expect(offered({ session: "before" }, earlier({ externalChatId: "another" }))).toBe(false);
    expect(offered({ session: "before" })).toBe(true);
  });
});
