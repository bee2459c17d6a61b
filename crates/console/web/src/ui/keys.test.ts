import { describe, expect, it } from "vitest";

import { isComposing, isEnter } from "./keys";

const press = (event: Partial<KeyboardEvent>) =>
  ({ key: "", code: "", keyCode: 0, isComposing: false, ...event }) as KeyboardEvent;

it.each<[string, Partial<KeyboardEvent>, boolean]>([
  ["a desktop", { key: "Enter", code: "Enter", keyCode: 13 }, true],
  ["the numeric block", { key: "Enter", code: "NumpadEnter", keyCode: 13 }, true],
  ["Android", { key: "Enter", keyCode: 13 }, true],
  ["a letter on Android", { key: "Unidentified", keyCode: 229 }, false],
])("recognizes Enter of %s", (_, event, expected) => {
  expect(isEnter(press(event))).toBe(expected);
});

describe("an input method", () => {
  it("handles Enter that ends a composition, in Safari too", () => {
    expect(isComposing(press({ key: "Enter", code: "Enter", isComposing: true }))).toBe(true);
    expect(isComposing(press({ key: "Enter", code: "Enter", keyCode: 229 }))).toBe(true);
    expect(isComposing(press({ key: "Enter", code: "Enter", keyCode: 13 }))).toBe(false);
  });
});
