import { describe, expect, it } from "vitest";

import type { Draft } from "./drafts";
import type { Outgoing } from "./outbox";
import { merged } from "./unsent";
import type { Kept } from "./unsent";

const draft = (text: string): Draft => ({ text, note: false });
const outgoing = (key: string): Outgoing => ({
  key,
  session: "s",
  kind: "message",
  text: key,
  at: 0,
});
const NOTHING: Kept = { drafts: new Map(), outbox: new Map() };
const theirs = { drafts: [["theirs", draft("half")]], outbox: [["k", outgoing("k")]] } as const;

describe("what is kept of two tabs", () => {
  it("is what another tab wrote, where this one changed nothing", () => {
    expect(merged(theirs, NOTHING, NOTHING)).toEqual(theirs);
  });

  it("is that of both", () => {
    const now: Kept = { ...NOTHING, drafts: new Map([["mine", draft("whole")]]) };
    expect(merged(theirs, NOTHING, now)).toEqual({
      ...theirs,
      drafts: [...theirs.drafts, ["mine", draft("whole")]],
    });
  });

  it("is nothing of what this tab sent or threw away", () => {
    const before: Kept = { drafts: new Map(theirs.drafts), outbox: new Map(theirs.outbox) };
    expect(merged(theirs, before, NOTHING)).toEqual({ drafts: [], outbox: [] });
  });
});
