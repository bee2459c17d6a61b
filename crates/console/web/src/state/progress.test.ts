import { describe, expect, it } from "vitest";

import type { FeedEvent } from "../api/types";
import { START, advance, caughtUp, classify, head } from "./progress";

const event = (livechat: string, position: number, previous: number) =>
  ({ livechat, position, previous }) as FeedEvent;

describe("the chain of a live chat", () => {
  const at10 = caughtUp(START, 10);

  it.each<[string, FeedEvent, string]>([
    ["an event before the base", event("a", 9, 8), "old"],
    ["an event whose previous one is before the base", event("a", 14, 7), "next"],
    ["the event after the base", event("a", 11, 10), "next"],
    ["an event after a missing one", event("a", 14, 12), "gap"],
  ])("classifies %s", (_, one, verdict) => {
    expect(classify(at10, one)).toBe(verdict);
  });

  it("is separate for each live chat", () => {
    const progress = advance(at10, event("a", 14, 7));
    expect(classify(progress, event("b", 12, 3))).toBe("next");
    expect(classify(progress, event("a", 12, 7))).toBe("old");
    expect(head(progress)).toBe(14);
  });

  it("never moves back", () => {
    expect(head(caughtUp(at10, 4))).toBe(10);
  });
});
