import { describe, expect, it } from "vitest";

import { corrected } from "./broker-time";

const DAY = 24 * 60 * 60_000;
const exchange = { sent: 1_000, received: 1_200 };

describe("the offset of the broker's time", () => {
  it.each([
    ["right", 0, 0],
    ["a day behind", DAY, DAY],
    ["a day ahead", -DAY, -DAY],
  ])("is found when the clock of this machine is %s", (_, ahead, offset) => {
    expect(corrected(0, 1_100 + ahead, exchange)).toBe(offset);
  });

  it("stays while it fits the answers, and follows a change of either clock", () => {
    expect(corrected(80, 1_150, exchange)).toBe(80);
    expect(corrected(DAY, 1_150, exchange)).toBe(50);
  });

  it("stays without a usable answer", () => {
    expect(corrected(7, NaN, exchange)).toBe(7);
    // The clock was set back between request and answer.
    expect(corrected(7, 1_100, { sent: DAY, received: 0 })).toBe(7);
  });
});
