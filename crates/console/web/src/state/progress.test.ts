import { describe, expect, it } from "vitest";

import type { FeedEvent } from "../api/types";
import { head, judge, reached, seen, start } from "./progress";

const event = (livechat: string, position: number, previous: number) =>
  ({ livechat, position, previous }) as FeedEvent;

describe("the chain of a live chat", () => {
  const at10 = reached(start, 10);

  it.each<[string, FeedEvent, string]>([
    ["what is known", event("a", 9, 8), "old"],
    ["what follows something before the base", event("a", 14, 7), "next"],
    ["what follows the base", event("a", 11, 10), "next"],
    ["what follows something unknown", event("a", 14, 12), "gap"],
  ])("tells %s", (_, one, verdict) => {
    expect(judge(at10, one)).toBe(verdict);
  });

  it("is of one live chat only", () => {
    const progress = seen(at10, event("a", 14, 7));
    expect(judge(progress, event("b", 12, 3))).toBe("next");
    expect(judge(progress, event("a", 12, 7))).toBe("old");
    expect(head(progress)).toBe(14);
  });

  it("never goes back", () => {
    expect(head(reached(at10, 4))).toBe(10);
  });
});
