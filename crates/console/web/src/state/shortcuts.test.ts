import { describe, expect, it } from "vitest";

import { isSpent, meaning } from "./shortcuts";
import type { Conditions, Press } from "./shortcuts";

const commands = [
  { id: "take", keys: "KeyT" },
  { id: "transfer", keys: "Shift+KeyT" },
  { id: "close", keys: "Shift+KeyE" },
  { id: "new", keys: "KeyC" },
  { id: "next", keys: "KeyJ", moves: true },
  { id: "mine", keys: "Digit2", moves: true },
  { id: "back", keys: "Escape", moves: true },
  { id: "search", keys: "Slash", moves: true },
  { id: "bar", keys: "Control+KeyK" },
  { id: "sheet", keys: "Shift+Slash", moves: true },
];
const NO_MODIFIERS = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false };
const press = (code: string, key: string, modifiers: Partial<Press> = {}): Press => ({
  ...NO_MODIFIERS,
  code,
  key,
  ...modifiers,
});
const shift = { shiftKey: true };
const inThread: Conditions = { place: "page", canWrite: true, singleKeys: true };
const inList: Conditions = { ...inThread, place: "list" };
const noSession: Conditions = { ...inThread, canWrite: false };
const said = (one: Press, conditions: Conditions) => {
  const found = meaning(one, commands, conditions);
  return typeof found === "object" ? (found?.id ?? null) : found;
};

describe("without a focus, while a conversation is open", () => {
  it.each([
    press("KeyE", "E", shift),
    press("KeyE", "e"),
    press("KeyT", "T", shift),
    press("KeyT", "е"),
    press("KeyJ", "j"),
    press("Digit2", "2"),
    press("Quote", "é"),
  ])("$key is written in the composer", (one) => {
    expect(said(one, inThread)).toBe("write");
    expect(said(one, { ...inThread, singleKeys: false })).toBe("write");
  });

  it("keys that type nothing, and those with Ctrl, are commands", () => {
    expect(said(press("Escape", "Escape"), inThread)).toBe("back");
    expect(said(press("KeyK", "k", { ctrlKey: true }), inThread)).toBe("bar");
    expect(said(press("KeyK", "л", { metaKey: true }), inThread)).toBe("bar");
    expect(said(press("Space", " "), inThread)).toBeNull();
    expect(said(press("KeyE", "é", { altKey: true }), inThread)).toBeNull();
    expect(said(press("F5", "F5"), inThread)).toBeNull();
  });
});

describe("in the list", () => {
  it("letters and digits are commands", () => {
    expect(said(press("KeyT", "t"), inList)).toBe("take");
    expect(said(press("KeyT", "е"), inList)).toBe("take");
    expect(said(press("KeyE", "E", shift), inList)).toBe("close");
    expect(said(press("Digit2", "2"), inList)).toBe("mine");
  });

  it("with Shift they are not other commands", () => {
    expect(said(press("KeyC", "C", shift), inList)).toBeNull();
  });
});

describe("without an open conversation", () => {
  it("keys that move around need no Shift, others do", () => {
    expect(said(press("KeyJ", "j"), noSession)).toBe("next");
    expect(said(press("Digit2", "2"), noSession)).toBe("mine");
    expect(said(press("KeyC", "c"), noSession)).toBeNull();
    expect(said(press("KeyC", "C", shift), noSession)).toBe("new");
  });
});

it("single-key shortcuts can be switched off, and those with Ctrl stay", () => {
  for (const conditions of [inList, noSession]) {
    const off = { ...conditions, singleKeys: false };
    for (const one of [press("KeyJ", "j"), press("KeyE", "E", shift), press("Slash", "?", shift)])
      expect(said(one, off)).toBeNull();
    expect(said(press("KeyK", "k", { ctrlKey: true }), off)).toBe("bar");
    expect(said(press("Escape", "Escape"), off)).toBe("back");
  }
});

it("? and / are found by what a key types as well as by the key", () => {
  for (const conditions of [inThread, inList, noSession]) {
    expect(said(press("Digit7", "?", shift), conditions)).toBe("sheet");
    expect(said(press("Minus", "?", shift), conditions)).toBe("sheet");
    expect(said(press("Slash", ",", shift), conditions)).toBe("sheet");
    expect(said(press("Digit7", "/", shift), conditions)).toBe("search");
    expect(said(press("Slash", "."), conditions)).toBe("search");
  }
});

it("in a text field only shortcuts with Ctrl work", () => {
  const inText: Conditions = { ...inThread, place: "text" };
  for (const one of [press("KeyT", "t"), press("Digit7", "?", shift), press("Escape", "Escape")])
    expect(said(one, inText)).toBeNull();
  expect(said(press("KeyK", "k", { ctrlKey: true }), inText)).toBe("bar");
});

describe("a held key", () => {
  it("does not confirm or cancel again", () => {
    for (const code of ["Enter", "NumpadEnter", "Escape"])
      for (const place of ["text", "list", "page"] as const)
        expect(isSpent(press(code, code), place, null), `${code} ${place}`).toBe(true);
    expect(isSpent(press("Space", " "), "list", null)).toBe(true);
  });

  it("does not type into what its command has opened", () => {
    expect(isSpent(press("KeyT", "t"), "text", "KeyT")).toBe(true);
    expect(isSpent(press("KeyK", "k", { ctrlKey: true }), "text", "KeyK")).toBe(true);
  });

  it("otherwise types, moves and deletes", () => {
    expect(isSpent(press("KeyA", "a"), "text", null)).toBe(false);
    expect(isSpent(press("Space", " "), "text", null)).toBe(false);
    expect(isSpent(press("Enter", "Enter", shift), "text", null)).toBe(false);
    expect(isSpent(press("Backspace", "Backspace"), "text", "KeyT")).toBe(false);
    expect(isSpent(press("ArrowDown", "ArrowDown"), "list", null)).toBe(false);
  });
});
