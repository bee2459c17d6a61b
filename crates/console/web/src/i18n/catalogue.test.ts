import { describe, expect, it } from "vitest";

import { admin as adminEn } from "./admin.en";
import { admin as adminRu } from "./admin.ru";
import { fill, places } from "./catalogue";
import type { Entry } from "./catalogue";
import { en } from "./en";
import { ru } from "./ru";

type Catalogue = Record<string, Entry>;

describe.each<[string, Catalogue, Catalogue]>([
  ["everybody", en, ru],
  ["administrators", adminEn, adminRu],
])("the catalogues for %s", (_, english, russian) => {
  it("have the same keys", () => {
    expect(Object.keys(russian).sort()).toEqual(Object.keys(english).sort());
  });

  it("have the same places in each text", () => {
    for (const [key, entry] of Object.entries(english))
      expect(places(russian[key] ?? ""), key).toEqual(places(entry));
  });

  it("have every plural form that whole numbers need", () => {
    for (const [key, entry] of Object.entries(english))
      if (typeof entry !== "string") {
        expect(Object.keys(entry), key).toEqual(["one", "other"]);
        expect(Object.keys(russian[key] ?? {}), key).toEqual(["one", "few", "many", "other"]);
      }
  });

  it("leave no text empty", () => {
    for (const entry of [...Object.values(english), ...Object.values(russian)])
      for (const text of typeof entry === "string" ? [entry] : Object.values(entry))
        expect(text.trim()).not.toBe("");
  });
});

describe("filling a text", () => {
  it.each([
    [1, "1 непрочитанное сообщение"],
    [3, "3 непрочитанных сообщения"],
    [5, "5 непрочитанных сообщений"],
    [11, "11 непрочитанных сообщений"],
    [21, "21 непрочитанное сообщение"],
  ])("chooses the Russian form for %i", (n, words) => {
    expect(fill("ru", ru.unread, { n })).toBe(words);
  });

  it("groups digits as the language does", () => {
    expect(fill("en", en.unread, { n: 1234 })).toBe("1,234 unread messages");
  });

  it("leaves a place that has no value", () => {
    expect(fill("en", "from {name}", {})).toBe("from {name}");
  });
});
