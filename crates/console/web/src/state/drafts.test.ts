import { expect, it } from "vitest";

import { EMPTY, worded } from "./drafts";

it("what was begun as a note stays one, and an empty field is none", () => {
  expect(worded(EMPTY, "rude, take care", true)).toEqual({ text: "rude, take care", note: true });
  expect(worded(EMPTY, "Good morning", false).note).toBe(false);
  expect(worded(EMPTY, "", true).note).toBe(false);
});
