import { beforeEach, describe, expect, it } from "vitest";

import { Layers } from "./layers";

/** The session history of a tab, which traverses asynchronously, as browsers do. */
class Tab {
  entries: { hash: string; state: unknown }[] = [{ hash: "#/queue/1", state: null }];
  at = 0;
  pending: number[] = [];
  layers!: Layers;
  readonly history;
  readonly location;

  constructor() {
    const tab = this;
    this.history = {
      get state() {
        return tab.entries[tab.at]!.state;
      },
      pushState: (state: unknown) => tab.#push(tab.location.hash, state),
      back: () => void tab.pending.push(-1),
    };
    this.location = {
      get href() {
        return `https://desk/${tab.entries[tab.at]!.hash}`;
      },
      get hash() {
        return tab.entries[tab.at]!.hash;
      },
      set hash(hash: string) {
        tab.#push(hash, null);
        tab.layers.onPopState();
      },
      replace: (hash: string | URL) => {
        tab.entries[tab.at] = { hash: String(hash), state: null };
        tab.layers.onPopState();
      },
    };
    this.layers = new Layers(this);
  }

  #push(hash: string, state: unknown) {
    this.entries = [...this.entries.slice(0, this.at + 1), { hash, state }];
    this.at += 1;
  }

  /** Ends the traversals that the page has started. */
  settle() {
    for (let step = this.pending.shift(); step !== undefined; step = this.pending.shift()) {
      this.at += step;
      this.layers.onPopState();
    }
  }

  /** The user goes back or forward. */
  travel(step: -1 | 1) {
    this.pending.push(step);
    this.settle();
  }
}

let tab: Tab;
let closed: string[];
const open = (name: string) => tab.layers.add(() => closed.push(name));

beforeEach(() => {
  tab = new Tab();
  closed = [];
  tab.layers.go("#/queue/2");
});

describe("Back", () => {
  it("closes the dialog and stays in the session", () => {
    open("dialog");
    tab.travel(-1);
    expect(closed).toEqual(["dialog"]);
    expect(tab.location.hash).toBe("#/queue/2");
    tab.travel(-1);
    expect(tab.location.hash).toBe("#/queue/1");
    expect(closed).toEqual(["dialog"]);
  });

  it("closes one of two layers at a time, the topmost first", () => {
    open("drawer");
    open("dialog");
    tab.travel(-1);
    expect(closed).toEqual(["dialog"]);
    tab.travel(-1);
    expect(closed).toEqual(["dialog", "drawer"]);
    expect(tab.location.hash).toBe("#/queue/2");
  });

  it("after a dialog was closed otherwise goes to the previous session", () => {
    open("dialog")();
    tab.settle();
    tab.travel(-1);
    expect(tab.location.hash).toBe("#/queue/1");
    expect(closed).toEqual([]);
  });

  it("closes a dialog that has replaced another one", () => {
    const close = open("first");
    close();
    open("second");
    tab.settle();
    tab.travel(-1);
    expect(closed).toEqual(["second"]);
    expect(tab.location.hash).toBe("#/queue/2");
  });
});

describe("a session that is opened", () => {
  it("from a dialog takes the place of the dialog in the history", () => {
    const close = open("dialog");
    tab.layers.go("#/mine/3");
    close();
    tab.settle();
    expect(tab.location.hash).toBe("#/mine/3");
    tab.travel(-1);
    expect(tab.location.hash).toBe("#/queue/2");
    expect(closed).toEqual([]);
  });

  it("right after a dialog was closed is not left again", () => {
    open("dialog")();
    tab.layers.go("#/mine/3");
    tab.settle();
    expect(tab.location.hash).toBe("#/mine/3");
    tab.travel(-1);
    expect(tab.location.hash).toBe("#/queue/2");
  });

  it("below an open dialog does not close it, and Back still does", () => {
    open("dialog");
    tab.layers.go("#/mine/3");
    tab.settle();
    expect(closed).toEqual([]);
    tab.travel(-1);
    expect(closed).toEqual(["dialog"]);
    expect(tab.location.hash).toBe("#/mine/3");
  });
});

describe("the entry of a closed dialog", () => {
  it("is left again after Forward", () => {
    open("dialog")();
    tab.settle();
    tab.travel(1);
    expect(tab.history.state).toBeNull();
    expect(tab.location.hash).toBe("#/queue/2");
  });

  it("is left after a reload", () => {
    open("dialog");
    tab.layers = new Layers(tab);
    tab.layers.onPopState();
    tab.settle();
    expect(tab.history.state).toBeNull();
    expect(tab.location.hash).toBe("#/queue/2");
  });
});
