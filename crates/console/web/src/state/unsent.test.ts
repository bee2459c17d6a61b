import { describe, expect, it } from "vitest";

import type { Draft } from "./drafts";
import type { Outgoing } from "./outbox";
import { count, merge } from "./unsent";
import type { UnsentTables } from "./unsent";

const draft = (text: string): Draft => ({ text, note: false });
const outgoing = (key: string): Outgoing => ({
  key,
  session: "s",
  kind: "message",
  text: key,
  at: 0,
});
const NOTHING: UnsentTables = { drafts: new Map(), outbox: new Map() };
const theirs = { drafts: [["theirs", draft("half")]], outbox: [["k", outgoing("k")]] } as const;

describe("storage shared by two tabs", () => {
  it("keeps the other tab's data if this tab changed nothing", () => {
    expect(merge(theirs, NOTHING, NOTHING)).toEqual(theirs);
  });

  it("has the data of both", () => {
    const now: UnsentTables = { ...NOTHING, drafts: new Map([["mine", draft("whole")]]) };
    expect(merge(theirs, NOTHING, now)).toEqual({
      ...theirs,
      drafts: [...theirs.drafts, ["mine", draft("whole")]],
    });
  });

  it("loses what this tab sent or discarded", () => {
    const before: UnsentTables = { drafts: new Map(theirs.drafts), outbox: new Map(theirs.outbox) };
    expect(merge(theirs, before, NOTHING)).toEqual({ drafts: [], outbox: [] });
  });
});

it("is counted over all tabs, without drafts that have no text", () => {
  const now: UnsentTables = {
    drafts: new Map([
      ["mine", draft("whole")],
      ["note", { text: " ", note: true }],
    ]),
    outbox: new Map([["mine", outgoing("mine")]]),
  };
  expect(count(merge(theirs, NOTHING, now))).toEqual({ drafts: 2, messages: 2 });
});
