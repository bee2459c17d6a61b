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
  ])("is triggered by %j", (text, word) => {
    expect(trigger(text, text.length)?.word).toBe(word);
  });

  it("replaces the trigger and keeps the rest of the text", () => {
    const text = "Hi /hel, bye";
    const slash = trigger(text, 7)!;
    expect(insert(text, slash, "hello")).toEqual({ text: "Hi hello, bye", at: 8 });
  });

  it("is listed first if its shortcut starts with the word", () => {
    const all = [reply("bye", "hello no more"), reply("hello"), reply("thanks")];
    expect(matches(all, "hel").map(({ id }) => id)).toEqual(["hello", "bye"]);
  });
});
