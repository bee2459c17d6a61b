import { expect, it } from "vitest";

import { isHttpUrl, linkify } from "./links";

it("finds URLs without the punctuation around them", () => {
  expect(linkify("see (https://a.example/x?y=1), or https://b.example.")).toEqual([
    { text: "see (" },
    { text: "https://a.example/x?y=1", href: "https://a.example/x?y=1" },
    { text: "), or " },
    { text: "https://b.example", href: "https://b.example" },
    { text: "." },
  ]);
});

it("links nothing but http URLs", () => {
  expect(linkify("javascript:alert(1) ftp://x http:/")).toHaveLength(1);
  expect(isHttpUrl("javascript:alert(1)")).toBe(false);
});
