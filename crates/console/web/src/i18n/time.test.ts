import { describe, expect, it } from "vitest";

import { ago, brief, day, span } from "./time";

const UNITS = { hours: "h", days: "d" };
const MINUTE = 60_000;

describe("a duration", () => {
  it.each([
    [-5, "0:00"],
    [7_000, "0:07"],
    [59 * MINUTE, "59:00"],
    [60 * MINUTE, "1 h"],
    [49 * 60 * MINUTE, "2 d"],
  ])("of %i ms is %s", (ms, text) => {
    expect(span(ms, UNITS)).toBe(text);
  });
});

describe("a time", () => {
  const now = new Date(2026, 4, 20, 12).getTime();

  it("is relative to now", () => {
    expect(ago("en", now - 5 * MINUTE, now)).toBe("5 minutes ago");
    expect(ago("ru", now + 2 * 60 * MINUTE, now)).toBe("через 2 часа");
    expect(day("ru", now, now)).toBe("сегодня");
    expect(day("en", now - 24 * 60 * MINUTE, now)).toBe("yesterday");
  });

  it("has the year if it is another one", () => {
    const earlier = new Date(2024, 10, 3, 12).getTime();
    expect(day("en", earlier, now)).toContain("2024");
    expect(brief("ru", earlier, now)).toContain("2024");
    expect(brief("ru", new Date(2026, 3, 3, 12).getTime(), now)).not.toContain("2026");
  });
});
