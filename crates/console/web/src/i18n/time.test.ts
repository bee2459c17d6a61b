import { afterEach, describe, expect, it } from "vitest";

import { ago, brief, day, sameDay, span } from "./time";

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

describe("a day", () => {
  const zone = process.env.TZ;
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  // 23 hours long, 25 hours long, and one that began at 01:00.
  it.each([
    ["Europe/Berlin", "2026-03-29"],
    ["Europe/Berlin", "2026-10-25"],
    ["America/New_York", "2026-03-08"],
    ["Australia/Lord_Howe", "2026-04-05"],
    ["Africa/Cairo", "2026-04-24"],
    ["Europe/Moscow", "2026-05-20"],
  ])("in %s is a calendar day, also around a change of the clocks on %s", (timeZone, change) => {
    process.env.TZ = timeZone;
    const [year, month, date] = change.split("-").map(Number) as [number, number, number];
    const at = (days: number, hour: number, minute: number) =>
      new Date(year, month - 1, date + days, hour, minute).getTime();
    for (let today = -1; today <= 2; today += 1)
      for (const now of [at(today, 0, 30), at(today, 12, 0), at(today, 23, 50)]) {
        for (const then of [at(today - 1, 1, 15), at(today - 1, 12, 0), at(today - 1, 23, 45)]) {
          expect(day("en", then, now)).toBe("yesterday");
          expect(sameDay(then, now)).toBe(false);
        }
        expect(day("en", at(today, 3, 10), now)).toBe("today");
        expect(day("en", at(today - 2, 23, 45), now)).not.toMatch(/day$/);
        expect(day("en", at(today + 1, 1, 15), now)).not.toMatch(/^(to|yester)day$/);
        expect(ago("en", at(today - 3, 23, 45), now)).toBe("3 days ago");
      }
  });
});
