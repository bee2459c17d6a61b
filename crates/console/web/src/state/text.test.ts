import { expect, it } from "vitest";

import { isSafe, parts } from "./text";

it("finds addresses, without the punctuation around them", () => {
  expect(parts("see (https://a.example/x?y=1), or https://b.example.")).toEqual([
    { text: "see (" },
    { text: "https://a.example/x?y=1", href: "https://a.example/x?y=1" },
    { text: "), or " },
    { text: "https://b.example", href: "https://b.example" },
    { text: "." },
  ]);
});

it("takes nothing else for an address", () => {
  expect(parts("javascript:alert(1) ftp://x http:/")).toHaveLength(1);
  expect(isSafe("javascript:alert(1)")).toBe(false);
});
