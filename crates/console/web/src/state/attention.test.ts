import { describe, expect, it } from "vitest";

import { missed, rings, still } from "./attention";
import { EMPTY, reduce } from "./desk";
import { feed, olga, told } from "./recorded";

const before = reduce(EMPTY, [
  { kind: "me", me: olga },
  { kind: "reached", position: feed[0]!.previous ?? 0 },
]);
const after = (type: string, more = 1) => {
  const until = feed.findIndex((event) => event.type.endsWith(type)) + more;
  return reduce(before, feed.slice(0, until).map((event) => ({ kind: "event" as const, event })));
};
const event = (type: string) => feed.find((one) => one.type.endsWith(type))!;

describe("a session rings", () => {
  it("when somebody writes into the queue", () => {
    expect(rings(before, olga, event("message-received"))).toBe(told);
  });

  it("not for what one did oneself", () => {
    expect(rings(before, olga, event("session-assigned"))).toBeNull();
    expect(rings(before, olga, event("message-sent"))).toBeNull();
  });

  it("not for somebody who does not staff the live chat", () => {
    const admin = { ...olga, id: "admin", groups: ["administrators" as const] };
    expect(rings(before, admin, event("message-received"))).toBeNull();
  });

  it("for whom it was transferred to", () => {
    const transferred = event("session-transferred");
    expect(rings(before, { ...olga, id: "ivan" }, transferred)).toBe(told);
    expect(rings(before, { ...olga, id: "somebody" }, transferred)).toBeNull();
  });
});

describe("a session that rings", () => {
  const ringing = new Set([told]);

  it("goes on until it is looked at", () => {
    const desk = after("message-received");
    expect(still(desk, olga, ringing, null)).toBe(ringing);
    expect(still(desk, olga, ringing, told).size).toBe(0);
  });

  it("stops for the others when somebody has taken it", () => {
    const desk = after("session-assigned");
    expect(still(desk, olga, ringing, null).size).toBe(1);
    expect(still(desk, { ...olga, id: "ivan" }, ringing, null).size).toBe(0);
  });
});

it("what one missed is what is not read among one's own", () => {
  expect([...missed(after("session-assigned"), olga)]).toEqual([told]);
  expect([...missed(after("message-received"), olga)]).toEqual([]);
});
