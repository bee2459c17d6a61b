import { describe, expect, it } from "vitest";

import { EMPTY, isNote, join, undo, withText } from "./drafts";
import type { Draft } from "./drafts";

const reply = (text: string, more: Partial<Draft> = {}): Draft => ({ text, note: false, ...more });
const note = (text: string): Draft => ({ text, note: true });

it("what was begun as a note stays one, and an empty field is none", () => {
  expect(withText(EMPTY, "rude, take care", true)).toEqual({ text: "rude, take care", note: true });
  expect(withText(EMPTY, "Good morning", false).note).toBe(false);
  expect(withText(EMPTY, "", true).note).toBe(false);
  expect(withText(note("rude"), "", true).note).toBe(true);
});

it.each<[string, Draft, boolean, boolean]>([
  ["a reply that was begun, once the session is another's", reply("Good"), false, false],
  ["an empty field where replies are not allowed", EMPTY, false, true],
  ["an empty field where they are", EMPTY, true, false],
  ["a note that was begun, once the session is the operator's", note("rude"), true, true],
])("%s keeps its kind", (_, draft, mayReply, expected) => {
  expect(isNote(draft, mayReply)).toBe(expected);
});

describe("joined drafts", () => {
  it("have both texts and the quote", () => {
    expect(join(reply("One", { replyTo: "m" }), reply("Two"))).toEqual(
      reply("One\n\nTwo", { replyTo: "m" }),
    );
  });

  it("are a note if either is one", () => {
    expect(join(reply("One"), note("Two")).note).toBe(true);
    expect(join(note("One"), reply("Two")).note).toBe(true);
  });

  it("are the one that has a text", () => {
    expect(join(reply("One"), note(" "))).toEqual(reply("One"));
    expect(join(EMPTY, note("Two"))).toEqual(note("Two"));
  });

  it("can be separated again, without what was typed since being lost", () => {
    const [before, after] = [note("Two"), join(reply("One"), note("Two"))];
    expect(undo(after, before, after)).toEqual(before);
    expect(undo({ ...after, text: `${after.text}, three` }, before, after)).toEqual(
      note("Two, three"),
    );
    expect(undo(reply("Else"), before, after)).toEqual(reply("Else"));
  });
});
