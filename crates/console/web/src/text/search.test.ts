import { describe, expect, it } from "vitest";

import { fold, mention } from "./search";

describe("a search", () => {
  it.each([
    ["Zoe\u0301", "zoé"],
    ["Zoé", "zoe\u0301"],
    ["Семён", "семен"],
    ["Семен", "СЕМЁН"],
    ["Straße", "STRASSE"],
    ["STRAẞE", "strasse"],
    ["Ａｎｎ　Ｌｅｅ", "ann lee"],
    ["ﬁne №5", "fine no5"],
    ["Łukasz Ørsted", "lukasz orsted"],
    ["İstanbul ISPARTA", "istanbul ısparta"],
    ["Ægir", "aegir"],
    ["ΟΔΥΣΣΕΥΣ", "οδυσσεύς"],
    ["ὀδυσσεύς", "ΟΔΥΣΣΕΥ"],
    ["A\u200bn\u00adn", "ann"],
    ["Z\u0335\u0327a\u0489l\u0361go", "zalgo"],
    ["ガ", "ｶﾞ"],
    ["x²", "X2"],
  ])("in %j finds %j", (text, wanted) => {
    expect(mention([undefined, "", text], fold(wanted))).toBe(true);
  });

  it("does not find other letters", () => {
    expect(mention(["Zoe", "Ж", "ss"], fold("zob"))).toBe(false);
  });
});
