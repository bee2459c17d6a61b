import { describe, expect, it } from "vitest";

import { isPicture } from "./picture";

describe("a picture", () => {
  it.each(["png", "jpeg", "jpg", "gif", "webp", "avif", "JPEG", "jpeg;charset=utf-8", "png; charset=\"UTF-8\""])(
    "of the type image/%s is shown",
    (type) => {
      expect(isPicture(`data:image/${type};base64,AAAA`)).toBe(true);
    },
  );

  it.each([
    undefined,
    "",
    "https://h/a.png",
    "javascript:x",
    "data:text/html,x",
    "data:image/svg+xml,<svg/>",
    "data:image/svg+xml;base64,AAAA",
    "Data:Image/SVG+XML;charset=utf-8;base64,AAAA",
    "data:image/png;x=image/svg+xml;base64,AAAA",
    "data:image/png/../svg+xml;base64,AAAA",
    "data:image/png,AAAA",
    " data:image/png;base64,AAAA",
  ])("at %j is not shown", (uri) => {
    expect(isPicture(uri)).toBe(false);
  });
});
