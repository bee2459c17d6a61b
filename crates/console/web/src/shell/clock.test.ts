import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { clock } from "./clock.svelte";

const DAY = 24 * 60 * 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("has the broker's time from the first answer, however wrong the machine's clock is", async () => {
  const real = Date.UTC(2026, 10, 29, 12);
  for (const wrong of [-DAY, DAY, 0]) {
    vi.setSystemTime(real + wrong);
    await clock.timed(() => Promise.resolve({ time: new Date(real).toISOString() }));
    expect(clock.now).toBe(real);
    expect(clock.at(Date.now())).toBe(real);
    const ticks: number[] = [];
    const stop = clock.start((now) => ticks.push(now));
    vi.advanceTimersByTime(1_000);
    stop();
    expect(clock.now).toBe(real + 1_000);
    expect(ticks).toEqual([real + wrong + 1_000]);
  }
});

it("keeps its offset when an answer has no time", async () => {
  vi.setSystemTime(5_000);
  const before = clock.at(0);
  expect(await clock.timed(() => Promise.resolve({}))).toEqual({});
  expect(clock.at(0)).toBe(before);
});
