import type { Page } from "playwright-core";

import { expect, test, until } from "./fixtures";
import { tasksDuring } from "./fixtures/tasks";

const CONTACTS = 5_000;
/** Messages that arrive during scrolling. */
const ARRIVING = 300;
/** The longest task allowed on the main thread. */
const TASK_MS_MAX = 200;
const STEPS = 100;

/** Scrolls the list to the end and back, one step per frame. */
const scroll = (page: Page) =>
  page.getByRole("listbox", { name: "Queue" }).evaluate(async (list, steps) => {
    const box = list.parentElement!;
    const end = box.scrollHeight - box.clientHeight;
    for (const by of [end / steps, -end / steps])
      for (let i = 0; i < steps; i++) {
        box.scrollTop += by;
        await new Promise(requestAnimationFrame);
      }
  }, STEPS);

test("scrolling and receiving with 5,000 sessions takes no task over 200 ms", async ({
  minimalMessenger,
  browser,
  signIn,
}) => {
  const contacts = Array.from({ length: CONTACTS }, (_, i) => `person-${i + 1}`);
  await minimalMessenger.sayFromMany(contacts, "Hello");
  const olga = await signIn("olga");
  const rows = olga.page.getByRole("listbox", { name: "Queue" }).getByRole("option");
  await until("all are listed", async () => {
    return (await rows.first().getAttribute("aria-setsize")) === String(CONTACTS);
  });
  expect(await rows.count()).toBeLessThan(50);
  // Warm up: compilation is not part of the measurement.
  await scroll(olga.page);
  const tasks = await tasksDuring(browser, olga.page, async () => {
    const arriving = minimalMessenger.sayFromMany(contacts.slice(0, ARRIVING), "Are you there?");
    await scroll(olga.page);
    await arriving;
    await minimalMessenger.say("person-new", "I am new");
    await olga.page.getByRole("searchbox", { name: "Search" }).fill("person-new");
    await olga.row("person-new").waitFor();
  });
  const longest = tasks.slice(0, 5).map(({ cpu, wall }) => `${cpu} (wall ${wall})`);
  console.log(`${tasks.length} tasks; the longest, in ms: ${longest.join(", ")}`);
  expect(tasks.length).toBeGreaterThan(STEPS);
  expect(tasks[0]?.cpu).toBeLessThanOrEqual(TASK_MS_MAX);
});
