/** Which tabs ask others for credentials, and that signing out reaches all tabs. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { answerOtherTabs, signOutOtherTabs } from "./other-tabs";
import { countSignOut, isNewTab, loadCredentials, saveCredentials, saveTabUser } from "./storage";

/** A storage of the browser. */
function browserStorage() {
  const all = new Map<string, string>();
  return {
    getItem: (key: string) => all.get(key) ?? null,
    setItem: (key: string, value: string) => void all.set(key, value),
    removeItem: (key: string) => void all.delete(key),
  };
}

beforeEach(() => {
  vi.stubGlobal("sessionStorage", browserStorage());
  vi.stubGlobal("localStorage", browserStorage());
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("a tab", () => {
  it("is new until somebody signs in, also after a reload", () => {
    expect([isNewTab(), isNewTab()]).toEqual([true, true]);
    saveTabUser("olga");
    expect(isNewTab()).toBe(false);
  });

  it("is not new if it could not tell after a reload who was signed in", () => {
    vi.spyOn(console, "warn").mockReturnValue();
    vi.stubGlobal("sessionStorage", undefined);
    expect(isNewTab()).toBe(false);
  });
});

it("other tabs learn who signed out", async () => {
  const signedOut: string[] = [];
  const stop = answerOtherTabs(() => null, (user) => signedOut.push(user));
  signOutOtherTabs("olga");
  await vi.waitFor(() => expect(signedOut).toEqual(["olga"]));
  stop();
});

it("a tab that was not running when its user signed out elsewhere is signed out, too", () => {
  const olga = { user: "olga", password: "a long password" };
  saveCredentials(olga);
  countSignOut("petr");
  expect(loadCredentials()).toMatchObject(olga);
  countSignOut("olga");
  expect(loadCredentials()).toBeNull();
  saveCredentials(olga);
  expect(loadCredentials()).toMatchObject(olga);
});
