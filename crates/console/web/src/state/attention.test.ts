import { describe, expect, it } from "vitest";

import type { DeliveryState, FeedEvent } from "../api/types";
import { alertingSession, failedMine, missed, newlyFailed, stillAlerting } from "./attention";
import { EMPTY, reduce } from "./desk";
import { closedSession, feed, olga } from "./recorded";

const before = reduce(EMPTY, [
  { kind: "me", me: olga },
  { kind: "caught-up", position: feed[0]!.previous ?? 0 },
]);
const after = (type: string, more = 1) => {
  const until = feed.findIndex((event) => event.type.endsWith(type)) + more;
  return reduce(before, feed.slice(0, until).map((event) => ({ kind: "event" as const, event })));
};
const event = (type: string) => feed.find((one) => one.type.endsWith(type))!;

describe("a session alerts", () => {
  it("when a message arrives in the queue", () => {
    expect(alertingSession(before, olga, event("message-received"))).toBe(closedSession);
  });

  it("not for the operator's own actions", () => {
    expect(alertingSession(before, olga, event("session-assigned"))).toBeNull();
    expect(alertingSession(before, olga, event("message-sent"))).toBeNull();
  });

  it("not users who are not members of the live chat", () => {
    const admin = { ...olga, id: "admin", groups: ["administrators" as const] };
    expect(alertingSession(before, admin, event("message-received"))).toBeNull();
  });

  it("when it is reopened for the queue", () => {
    const opened = event("session-opened");
    const reopened = { ...opened, type: "switchboard.session-reopened" };
    reopened.data = { ...opened.data, by: "ivan" };
    expect(alertingSession(before, olga, reopened)).toBe(opened.subject);
  });

  it("when its operator was disabled, also by this user", () => {
    const transferred = event("session-transferred");
    const session = { ...transferred.data.session!, status: "queued" as const, operator: undefined };
    const reason = { code: "operator_disabled", message: "Ivan was disabled", name: "Ivan" };
    const returned = { ...transferred, data: { session, by: "olga", reason } };
    expect(alertingSession(before, olga, returned)).toBe(closedSession);
    const byHand = { ...transferred, data: { session, by: "olga" } };
    expect(alertingSession(before, olga, byHand)).toBeNull();
  });

  it("the operator it is transferred to", () => {
    const transferred = event("session-transferred");
    expect(alertingSession(before, { ...olga, id: "ivan" }, transferred)).toBe(closedSession);
    expect(alertingSession(before, { ...olga, id: "somebody" }, transferred)).toBeNull();
  });
});

describe("a failed delivery", () => {
  const changed = (state: DeliveryState, session: object) => {
    const data = { by: "system", message: "m", delivery: { state, attempts: 1 } };
    const short = { id: "s", liveChat: "l", status: "assigned", operator: "olga", unread: 0 };
    const of = { ...event("message-received"), type: "switchboard.delivery-changed" };
    return { ...of, data: { ...data, session: { ...short, ...session } } } as FeedEvent;
  };

  it.each(["failed", "expired"] as const)("alerts the session's operator (%s)", (state) => {
    expect(alertingSession(before, olga, changed(state, {}))).toBe("s");
    expect(alertingSession(before, olga, changed(state, { status: "closed" }))).toBe("s");
    expect(alertingSession(before, olga, changed(state, { operator: "ivan" }))).toBeNull();
  });

  it.each(["queued", "sending", "accepted", "read"] as const)("%s does not alert", (state) => {
    expect(alertingSession(before, olga, changed(state, {}))).toBeNull();
  });

  it("that happened while disconnected alerts, and one that was known does not", () => {
    const desk = after("session-assigned");
    const failing = (failed: number) => {
      const event = { ...changed("failed", { id: closedSession, failed }), position: 10_000 };
      event.previous = desk.progress.base;
      return failedMine(reduce(desk, [{ kind: "event", event }]), olga);
    };
    expect([...newlyFailed(failing(0), failing(1))]).toEqual([closedSession]);
    expect([...newlyFailed(failing(1), failing(2))]).toEqual([closedSession]);
    expect([...newlyFailed(failing(1), failing(1))]).toEqual([]);
    expect([...newlyFailed(failing(2), failing(1))]).toEqual([]);
  });
});

describe("an alerting session", () => {
  const alerting = new Set([closedSession]);

  it("alerts until it is viewed", () => {
    const desk = after("message-received");
    expect(stillAlerting(desk, olga, alerting, null)).toBe(alerting);
    expect(stillAlerting(desk, olga, alerting, closedSession).size).toBe(0);
  });

  it("stops alerting others when somebody takes it", () => {
    const desk = after("session-assigned");
    expect(stillAlerting(desk, olga, alerting, null).size).toBe(1);
    expect(stillAlerting(desk, { ...olga, id: "ivan" }, alerting, null).size).toBe(0);
  });
});

describe("after a reconnect", () => {
  const received = Date.parse(event("message-received").time);

  it("the operator's unread sessions alert", () => {
    expect([...missed(after("session-assigned"), olga, null)]).toEqual([closedSession]);
    expect([...missed(after("message-received"), olga, null)]).toEqual([]);
  });

  it("sessions that came into the queue meanwhile alert", () => {
    const desk = after("message-received");
    expect([...missed(desk, olga, received - 1_000)]).toEqual([closedSession]);
    expect([...missed(desk, olga, received + 1_000)]).toEqual([]);
    expect([...missed(desk, { ...olga, id: "somebody" }, received - 1_000)]).toEqual([]);
  });
});
