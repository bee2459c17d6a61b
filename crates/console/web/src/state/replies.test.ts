import { describe, expect, it } from "vitest";

import { insert, matches, trigger } from "./replies";

const reply = (shortcut: string, text = "") => ({ id: shortcut, liveChat: "l", shortcut, text });

describe("a canned reply", () => {
  it.each<[string, string | undefined]>([
    ["/", ""],
    ["/hel", "hel"],
    ["Hi /привет", "привет"],
    ["and/or", undefined],
    ["/hello there", undefined],
  ])("is called by %j", (text, word) => {
    expect(trigger(text, text.length)?.word).toBe(word);
  });

  it("is put where it was called, and the rest stays", () => {
    const text = "Hi /hel, bye";
    const called = trigger(text, 7)!;
    expect(insert(text, called, "hello")).toEqual({ text: "Hi hello, bye", at: 8 });
  });

  it("is found by the beginning of its shortcut first", () => {
    const all = [reply("bye", "hello no more"), reply("hello"), reply("thanks")];
    expect(matches(all, "hel").map(({ id }) => id)).toEqual(["hello", "bye"]);
  });
});
