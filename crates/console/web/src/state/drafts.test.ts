import { expect, it } from "vitest";

import { EMPTY, withText } from "./drafts";

it("what was begun as a note stays one, and an empty field is none", () => {
  expect(withText(EMPTY, "rude, take care", true)).toEqual({ text: "rude, take care", note: true });
  expect(withText(EMPTY, "Good morning", false).note).toBe(false);
  expect(withText(EMPTY, "", true).note).toBe(false);
});
