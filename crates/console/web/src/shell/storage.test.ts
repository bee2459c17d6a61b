import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import * as storage from "./storage";

const unsent = { drafts: [["s", { text: "half", note: false }]], outbox: [] } as const;

/** A storage with room for `room` characters. */
function storageWithRoom(room: number) {
  const all = new Map<string, string>();
  return {
    getItem: (key: string) => all.get(key) ?? null,
    setItem(key: string, value: string) {
      if (value.length > room) throw new Error("QuotaExceededError");
      all.set(key, value);
    },
    removeItem: (key: string) => void all.delete(key),
  };
}

const block = () =>
  Object.defineProperty(globalThis, "localStorage", {
    configurable: true,
    get() {
      throw new Error("SecurityError");
    },
  });

beforeEach(() => void vi.spyOn(console, "warn").mockReturnValue());
afterEach(() => {
  Reflect.deleteProperty(globalThis, "localStorage");
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe.each<[string, () => unknown]>([
  ["blocked", block],
  ["full", () => vi.stubGlobal("localStorage", storageWithRoom(0))],
])("a %s storage", (_, prepare) => {
  it("is replaced by memory, and says so", () => {
    prepare();
    expect(storage.canStore()).toBe(false);
    expect(storage.loadPreferences({ sound: true })).toEqual({ sound: true });
    expect(storage.saveUnsent("olga", unsent)).toBe(false);
    expect(storage.loadUnsent("olga")).toEqual(unsent);
    storage.saveUnsent("olga", null);
    expect(storage.loadUnsent("olga").drafts).toEqual([]);
  });
});

it("stores again once there is room", () => {
  vi.stubGlobal("localStorage", storageWithRoom(0));
  storage.saveUnsent("olga", unsent);
  const roomy = storageWithRoom(1_000);
  vi.stubGlobal("localStorage", roomy);
  expect(storage.canStore()).toBe(true);
  expect(storage.saveUnsent("olga", unsent)).toBe(true);
  expect(roomy.getItem("switchboard.unsent.olga")).toBe(JSON.stringify(unsent));
});
