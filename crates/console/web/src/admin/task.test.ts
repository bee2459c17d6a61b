import { describe, expect, it } from "vitest";

import { ApiError } from "../api/error";
import { Task } from "./task.svelte";

const fails = (code: string) => (key: string) => {
  keys.push(key);
  return Promise.reject(new ApiError(code, "the broker's message"));
};
let keys: string[] = [];

describe("a task", () => {
  it("uses the same command id again after an uncertain outcome", async () => {
    keys = [];
    const task = new Task();
    expect(await task.run(fails("timeout"))).toBe(false);
    expect(await task.run(fails("offline"))).toBe(false);
    expect(new Set(keys).size).toBe(1);
    expect(task.busy).toBe(false);
  });

  it("uses a new command id for every other attempt", async () => {
    keys = [];
    const task = new Task();
    await task.run(fails("conflict"));
    expect(task.error).toBe("the broker's message");
    await task.run((key) => Promise.resolve(keys.push(key)));
    expect(task.error).toBeNull();
    await task.run((key) => Promise.resolve(keys.push(key)));
    expect(new Set(keys).size).toBe(3);
  });

  it("is not started twice", async () => {
    const task = new Task();
    let finish = () => {};
    const first = task.run(() => new Promise<void>((resolve) => (finish = resolve)));
    expect(await task.run(() => Promise.resolve())).toBe(false);
    finish();
    expect(await first).toBe(true);
  });
});
