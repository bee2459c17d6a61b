import { describe, expect, it } from "vitest";

import { admin as adminEn } from "./admin.en";
import { admin as adminRu } from "./admin.ru";
import { fill, placeholders } from "./catalogue";
import type { Entry } from "./catalogue";
import { en } from "./en";
import { reasons as reasonsEn } from "./reasons.en";
import { reasons as reasonsRu } from "./reasons.ru";
import { ru } from "./ru";

type Entries = Record<string, Entry>;

describe.each<[string, Entries, Entries]>([
  ["the operator's screens", en, ru],
  ["the administration", adminEn, adminRu],
  ["reasons", reasonsEn, reasonsRu],
])("the catalogues for %s", (_, english, russian) => {
  it("have the same keys", () => {
    expect(Object.keys(russian).sort()).toEqual(Object.keys(english).sort());
  });

  it("have the same placeholders in each text", () => {
    for (const [key, entry] of Object.entries(english))
      expect(placeholders(russian[key] ?? ""), key).toEqual(placeholders(entry));
  });

  it("have every plural form for whole numbers", () => {
    for (const [key, entry] of Object.entries(english))
      if (typeof entry !== "string") {
        expect(Object.keys(entry), key).toEqual(["one", "other"]);
        expect(Object.keys(russian[key] ?? {}), key).toEqual(["one", "few", "many", "other"]);
      }
  });

  it("have no empty texts", () => {
    for (const entry of [...Object.values(english), ...Object.values(russian)])
      for (const text of typeof entry === "string" ? [entry] : Object.values(entry))
        expect(text.trim()).not.toBe("");
  });
});

it("the administration does not redefine texts of the operator's screens", () => {
  expect(Object.keys(adminEn).filter((key) => key in en)).toEqual([]);
});

describe("filling a text", () => {
  it.each([
    [1, "1 непрочитанное сообщение"],
    [3, "3 непрочитанных сообщения"],
    [5, "5 непрочитанных сообщений"],
    [11, "11 непрочитанных сообщений"],
    [21, "21 непрочитанное сообщение"],
  ])("selects the Russian form for %i", (n, text) => {
    expect(fill("ru", ru.unread, { n })).toBe(text);
  });

  it("groups digits", () => {
    expect(fill("en", en.unread, { n: 1234 })).toBe("1,234 unread messages");
  });

  it("keeps a placeholder without a value", () => {
    expect(fill("en", "from {name}", {})).toBe("from {name}");
  });
});
