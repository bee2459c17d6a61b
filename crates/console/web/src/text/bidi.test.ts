import { expect, it } from "vitest";

import { fileName, inSentence, listed, ordered } from "./bidi";
import { fill } from "../i18n/catalogue";

it.each([
  ["Ann", "Ann"],
  ["123", "123"],
  ["Иван (2)", "Иван (2)"],
  ["王小明 🇨🇳", "王小明 🇨🇳"],
  ["محمد", "\u2068محمد\u2069"],
  ["Ann דוד", "\u2068Ann דוד\u2069"],
  ["𞤀𞤣", "\u2068𞤀𞤣\u2069"],
  ["\u200F!", "\u2068\u200F!\u2069"],
  // Controls cannot end the isolate or go on behind it.
  ["Ann\u202Eexe", "Annexe"],
  ["م\u2069\u202E", "\u2068م\u2069"],
])("isolates %j in sentences", (text, expected) => {
  expect(inSentence(text)).toBe(expected);
  expect(fill("en", "{name} is typing…", { name: text })).toBe(`${expected} is typing…`);
});

it("isolates each name of a list", () => {
  const names = listed(["محمد", "Ann", "\u202Eדוד"]);
  expect(names).toBe("\u2068محمد\u2069, Ann, \u2068דוד\u2069");
  expect(fill("en", "{names} are here", { names })).toBe(`\u2068${names}\u2069 are here`);
});

it("removes only what changes the order of other text", () => {
  expect(ordered("a\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069b\u200F\u200Dc")).toBe("ab\u200F\u200Dc");
});

it.each([
  ["menu.pdf", "menu", ".pdf"],
  ["invoice\u202Efdp.exe", "invoice[U+202E]fdp", ".exe"],
  ["\u2067gpj.\u2069exe", "[U+2067]gpj", ".[U+2069]exe"],
  ["تقرير.pdf", "تقرير", ".pdf"],
  ["archive.tar.gz", "archive.tar", ".gz"],
  [".profile", ".profile", ""],
  ["README", "README", ""],
  ["", "", ""],
])("shows the file name %j in its real order", (name, stem, extension) => {
  expect(fileName(name)).toEqual({ stem, extension });
});
