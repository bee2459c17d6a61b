import type { Locator } from "playwright-core";
import { expect, test } from "./fixtures";
import { pressRussian } from "./fixtures/russian-keyboard";

async function untilFocused(field: Locator): Promise<void> {
  await expect.poll(() => field.evaluate((area) => area === document.activeElement)).toBe(true);
}

test("a session can be handled with the keyboard only", async ({ connect, signIn }) => {
  const ann = await connect("Ann Lee");
  const olga = await signIn("olga");
  const { keyboard } = olga.page;
  ann.say("Hello");
  await olga.row("Ann Lee").waitFor();
  await keyboard.press("j");
  await olga.thread("Ann Lee").waitFor();
  await keyboard.press("t");
  await olga.thread("Ann Lee").getByText("Assigned to you").waitFor();
  await untilFocused(olga.reply);
  await keyboard.type("Good day");
  await keyboard.press("Enter");
  await olga.waitUntilSent("Good day");
  // The first Escape leads to the list, the second closes the session.
  await keyboard.press("Escape");
  await keyboard.press("Shift+E");
  await olga.log.getByText("Olga Ivanova closed the conversation").waitFor();
  await keyboard.press("Escape");
  await olga.page.getByText("No conversation selected").waitFor();
  expect(ann.received).toEqual(["Good day"]);
});

test("arrow keys move through the list, which is one Tab stop", async ({
  minimalMessenger,
  signIn,
}) => {
  await minimalMessenger.sayFromMany(["p1", "p2", "p3"], "Hello");
  const olga = await signIn("olga");
  const rows = olga.sidebar.getByRole("option");
  await rows.nth(2).waitFor();
  expect(await olga.sidebar.locator("[role=option][tabindex='0']").count()).toBe(1);
  await rows.first().focus();
  await olga.page.keyboard.press("ArrowDown");
  await olga.page.keyboard.press("End");
  const name = await rows.nth(2).innerText();
  expect(await olga.page.evaluate(() => document.activeElement?.textContent)).toContain(
    name.split("\n").find((line) => /^p\d$/.test(line)),
  );
  await olga.page.keyboard.press("Enter");
  await expect.poll(() => rows.nth(2).getAttribute("aria-selected")).toBe("true");
});

test("shortcuts use physical keys, also with a Russian layout", async ({ annAndOlga }) => {
  const { olga } = await annAndOlga("Hello");
  await olga.row("Ann Lee").waitFor();
  await pressRussian(olga.page, "KeyJ");
  await olga.thread("Ann Lee").waitFor();
  await pressRussian(olga.page, "KeyT");
  await olga.thread("Ann Lee").getByText("Assigned to you").waitFor();
  await untilFocused(olga.reply);
  await pressRussian(olga.page, "KeyK", "ctrl");
  await olga.dialog.getByRole("combobox", { name: "Commands and search" }).waitFor();
  await olga.page.keyboard.press("Escape");
  // The dialog gives the focus back when it closes.
  await untilFocused(olga.reply);
  // In a text field shortcuts without Ctrl do not work.
  await pressRussian(olga.page, "KeyT");
  expect(await olga.reply.inputValue()).toBe("е");
});

test("Ctrl-K finds commands and contacts", async ({ connect, signIn }) => {
  const ann = await connect("Ann Lee");
  const bob = await connect("Bob Ray");
  const olga = await signIn("olga");
  ann.say("Hello");
  bob.say("Hello");
  await olga.row("Bob Ray").waitFor();
  await olga.row("Ann Lee").waitFor();
  const bar = olga.dialog.getByRole("combobox", { name: "Commands and search" });
  await olga.page.keyboard.press("Control+k");
  await bar.fill("bob");
  await bar.press("Enter");
  await olga.thread("Bob Ray").waitFor();
  await olga.page.keyboard.press("Control+k");
  await bar.fill("assign");
  // Safari's Enter that ends a composition.
  await bar.evaluate((field) => {
    const enter = { key: "Enter", code: "Enter", keyCode: 229, bubbles: true, cancelable: true };
    field.dispatchEvent(new KeyboardEvent("keydown", enter));
  });
  expect(await bar.inputValue()).toBe("assign");
  // Enter of Android.
  await bar.evaluate((field) => {
    const enter = { key: "Enter", keyCode: 13, bubbles: true, cancelable: true };
    field.dispatchEvent(new KeyboardEvent("keydown", enter));
  });
  await olga.thread("Bob Ray").getByText("Assigned to you").waitFor();
  await olga.page.keyboard.press("Control+k");
  await bar.fill("nothing is called like this");
  await olga.dialog.getByText("No results").waitFor();
  await bar.press("Escape");
  await olga.dialog.waitFor({ state: "hidden" });
});

test("? shows the keyboard shortcuts", async ({ signIn }) => {
  const olga = await signIn("olga");
  await olga.page.keyboard.press("Shift+Slash");
  await olga.dialog.getByRole("heading", { name: "Keyboard shortcuts" }).waitFor();
  await olga.dialog.getByText("Commands and search").waitFor();
  await olga.page.keyboard.press("Escape");
  await olga.dialog.waitFor({ state: "hidden" });
});
