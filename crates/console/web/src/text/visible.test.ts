import { describe, expect, it } from "vitest";

import { initials, isVisible } from "./visible";

describe("the initials", () => {
  it.each([
    ["Ann Lee", "AL"],
    ["ann", "A"],
    ["Анна Мария Ли", "АМ"],
    ["👨‍👩‍👧‍👦 family", "👨‍👩‍👧‍👦F"],
    ["🇩🇪🇫🇷", "🇩🇪"],
    ["e\u0301va", "E\u0301"],
    ["\u200bAnn \u200b Lee", "AL"],
    ["किरण", "कि"],
    ["", "?"],
    ["\u200b", "?"],
    ["\u0301\u0302", "?"],
  ])("of %j are %j", (name, shown) => {
    expect(initials(name)).toBe(shown);
  });
});

describe("a text", () => {
  it.each(["", " \n", "\u200b\u200d", "\u00ad", "\u0301\u0489", "\u3164", "\u2800", "\u{e0001}", "\u202e"])(
    "of %j has nothing to see",
    (text) => {
      expect(isVisible(text)).toBe(false);
    },
  );

  it.each(["a", ".", "\u200ba", "👍", "🇩🇪", "Z\u0335\u0327", "한", "0"])("of %j can be seen", (text) => {
    expect(isVisible(text)).toBe(true);
  });
});
