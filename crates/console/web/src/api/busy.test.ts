import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { untilNotBusy } from "./busy";
import { ApiError } from "./error";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const busy = new ApiError("unavailable", "too many requests", { retryAfter: 1 });

test("asks again after the time that the broker names", async () => {
  const ask = vi.fn<() => Promise<string>>();
  ask.mockRejectedValueOnce(busy).mockRejectedValueOnce(busy).mockResolvedValue("events");
  const answer = untilNotBusy(ask);
  await vi.advanceTimersByTimeAsync(999);
  expect(ask).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(await answer).toBe("events");
  expect(ask).toHaveBeenCalledTimes(3);
});

test("gives up at last, and at once on other errors", async () => {
  const ask = vi.fn<() => Promise<string>>();
  ask.mockRejectedValue(busy);
  const failed = expect(untilNotBusy(ask)).rejects.toBe(busy);
  await vi.advanceTimersByTimeAsync(60_000);
  await failed;
  expect(ask).toHaveBeenCalledTimes(11);

  const other = new ApiError("unavailable", "the disk is nearly full");
  const once = vi.fn<() => Promise<string>>();
  once.mockRejectedValue(other);
  await expect(untilNotBusy(once)).rejects.toBe(other);
  expect(once).toHaveBeenCalledTimes(1);
});
