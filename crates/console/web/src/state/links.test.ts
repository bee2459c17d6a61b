import { expect, it } from "vitest";

import { linkify } from "./links";
import { isHttpUrl } from "../text/urls";

const links = (text: string) => linkify(text).flatMap(({ href }) => (href ? [href] : []));

it("finds URLs without the punctuation around them", () => {
  expect(linkify("see (https://a.example/x?y=1), or https://b.example.")).toEqual([
    { text: "see (" },
    { text: "https://a.example/x?y=1", href: "https://a.example/x?y=1" },
    { text: "), or " },
    { text: "https://b.example", href: "https://b.example" },
    { text: "." },
  ]);
});

it.each([
  "https://en.wikipedia.org/wiki/Rust_(programming_language)",
  "https://a.example/a_(b_(c))",
  "https://a/x'y",
  "https://a.example/?q=[1]",
  "https://a.example/{id}/x",
  "https://a.example/a,b;c.d!e",
  "https://a.example:8080/x#y",
  "https://пример.рф/путь?имя=я",
  "https://例え.jp/路径",
  "http://localhost:8081/",
  "https://[::1]/x",
  "HTTPS://A.EXAMPLE/X",
  "https://user:password@a.example/",
])("finds %s whole, and in the middle of other text", (url) => {
  const around = [
    ["", ""],
    ["(", ")"],
    ["[", "]."],
    ["“", "”, she said"],
    ['"', '"'],
    ["'", "'"],
    ["<", ">"],
    ["**", "**"],
    ["_", "_"],
    ["~~", "~~"],
    ["「", "」"],
    ["（", "）。"],
    ["请看", "。"],
    ["смотри:", "!"],
    ["", "?!"],
    ["", "…"],
    ["", ": "],
    ["", "; "],
  ];
  for (const [before = "", after = ""] of around) {
    // An underscore before a URL may be a part of a word.
    const expected = before === "_" ? [] : [url];
    expect(links(`${before}${url}${after}`), `${before} … ${after}`).toEqual(expected);
  }
});

it("finds several links, also without a scheme", () => {
  expect(links("www.a.example/x, https://b.example/和 http://c.example")).toEqual([
    "http://www.a.example/x",
    "https://b.example/和",
    "http://c.example",
  ]);
});

it.each(["javascript:alert(1) ftp://x http:/", "http://", "https:// x", "xhttp://a.example", "www.", "www. x.y"])(
  "links nothing but http URLs: %s",
  (text) => {
    expect(linkify(text)).toEqual([{ text }]);
    expect(isHttpUrl(text)).toBe(text.startsWith("http://") || text.startsWith("https://"));
  },
);

it.each(["(", "([{", "\"'", "https://a.example", "www.", "a.", "👩‍👧"])(
  "keeps every character of a long text: %s",
  (part) => {
    const text = `https://a.example/${part.repeat(10_000 / part.length)}`;
    expect(linkify(text).map((segment) => segment.text).join("")).toBe(text);
  },
);
