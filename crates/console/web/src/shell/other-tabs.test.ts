import { afterEach, expect, it } from "vitest";

import { answerOtherTabs, askOtherTabs } from "./other-tabs";

const olga = { user: "olga", password: "a long password" };
const stops: (() => void)[] = [];
const answer = () => {
  const stop = answerOtherTabs(() => olga, () => {});
  stops.push(stop);
  return stop;
};
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

it("a new tab gets the credentials of a tab that stays signed in", async () => {
  answer();
  expect(await askOtherTabs(10_000)).toEqual(olga);
});

it("a new tab gets nothing if no tab stays signed in, or the tab has signed out", async () => {
  expect(await askOtherTabs(1)).toBeNull();
  answer()();
  stops.push(answerOtherTabs(() => null, () => {}));
  expect(await askOtherTabs(1)).toBeNull();
});

it("two new tabs that ask at the same time are both answered", async () => {
  answer();
  expect(await Promise.all([askOtherTabs(10_000), askOtherTabs(10_000)])).toEqual([olga, olga]);
});
