/** What goes wrong with quick hands: double-clicks, typing without a focus, held keys, Back. */
import { expect, test, until } from "./fixtures";
import { pressRussian } from "./fixtures/russian-keyboard";

test("a double-click on Assign to me takes the session and does not close it", async ({
  connect,
  signIn,
}) => {
  const ann = await connect("Ann Lee");
  const olga = await signIn("olga");
  const closed = olga.log.getByText("Olga Ivanova closed the conversation");
  for (const [n, delay] of [80, 400].entries()) {
    ann.say("Hello");
    await olga.view("Queue");
    await olga.open("Ann Lee");
    const box = (await olga.button("Assign to me").boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await olga.page.mouse.click(x, y);
    await olga.page.waitForTimeout(delay);
    await olga.page.mouse.click(x, y);
    await olga.thread("Ann Lee").getByText("Assigned to you").waitFor();
    // It is enabled a second later.
    await olga.button("Close").click();
    await closed.nth(n).waitFor();
  }
});

test("letters typed without a focus are a reply, and shortcuts in the list", async ({
  connect,
  signIn,
}) => {
  const ann = await connect("Ann Lee");
  const bob = await connect("Bob Ray");
  const olga = await signIn("olga");
  const { keyboard } = olga.page;
  ann.say("Hello");
  bob.say("Hello");
  await olga.take("Ann Lee");
  await olga.page.waitForFunction(() => document.activeElement?.matches("textarea"));
  await keyboard.type("Every");
  expect(await olga.reply.inputValue()).toBe("Every");
  // The page has the focus.
  await olga.page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await keyboard.type("Thing 1");
  expect(await olga.reply.inputValue()).toBe("EveryThing 1");
  await olga.button("Send").click();
  await keyboard.type("Excellent");
  expect(await olga.reply.inputValue()).toBe("Excellent");
  await olga.button("Note").click();
  await keyboard.type("!");
  expect(await olga.note.inputValue()).toBe("Excellent!");
  await olga.button("Reply").click();

  // Escape leads to the list, where the same letters are shortcuts.
  await olga.view("Mine");
  await olga.open("Ann Lee");
  await olga.reply.press("Escape");
  await keyboard.press("Shift+E");
  await olga.log.getByText("Olga Ivanova closed the conversation").waitFor();

  // A queued session is answered in one go.
  await olga.view("Queue");
  await olga.open("Bob Ray");
  await keyboard.type("Good day");
  expect(await olga.reply.inputValue()).toBe("Good day");
  await keyboard.press("Enter");
  await olga.thread("Bob Ray").getByText("Assigned to you").waitFor();
  await olga.waitUntilSent("Good day");
  expect(bob.received).toEqual(["Good day"]);
  await olga.tab("Mine").and(olga.page.locator("[aria-current]")).waitFor();
});

test("single-key shortcuts can be switched off, and ? opens the list on a Russian layout", async ({
  annAndOlga,
}) => {
  const { olga } = await annAndOlga("Hello");
  await olga.row("Ann Lee").waitFor();
  await pressRussian(olga.page, "Digit7", "shift");
  await olga.dialog.getByRole("checkbox", { name: "Single-key shortcuts" }).uncheck();
  await olga.page.keyboard.press("Escape");
  await olga.dialog.waitFor({ state: "hidden" });
  await olga.page.keyboard.press("j");
  await olga.page.keyboard.press("?");
  await olga.page.keyboard.press("Control+k");
  await olga.dialog.getByRole("combobox", { name: "Commands and search" }).waitFor();
  expect(await olga.thread("Ann Lee").count()).toBe(0);
});

test("Escape and Back close one thing, and the session stays open", async ({ takeSession }) => {
  const { olga } = await takeSession();
  const { page } = olga;
  await olga.button("Menu").click();
  await page.getByRole("menu").waitFor();
  // Letters are no shortcuts there.
  await page.keyboard.press("c");
  expect(await olga.reply.inputValue()).toBe("");
  await page.keyboard.press("Escape");
  await page.getByRole("menu").waitFor({ state: "hidden" });
  await olga.thread("Ann Lee").waitFor();
  const url = page.url();
  await olga.button("Transfer").click();
  await olga.dialog.waitFor();
  await page.goBack();
  await olga.dialog.waitFor({ state: "hidden" });
  expect(page.url()).toBe(url);
  // A dialog that was closed otherwise leaves no entry behind.
  await olga.button("Transfer").click();
  await olga.dialog.getByRole("button", { name: "Cancel" }).click();
  await olga.dialog.waitFor({ state: "hidden" });
  await page.keyboard.press("Control+k");
  await olga.dialog.getByRole("combobox", { name: "Commands and search" }).fill("go to closed");
  await page.keyboard.press("Enter");
  await until("the view changes", () => page.url().endsWith("#/closed"));
  await page.goBack();
  await olga.thread("Ann Lee").waitFor();
  expect(page.url()).toBe(url);
});

test("a held Enter chooses a canned reply and does not send it", async ({
  takeSession,
  admin,
  liveChat,
}) => {
  await admin.request("replies.create", { liveChat, shortcut: "hello", text: "Good day!" });
  const { ann, olga } = await takeSession();
  const { keyboard } = olga.page;
  await olga.reply.fill("/hel");
  await olga.page.getByRole("option", { name: "/hello" }).waitFor();
  // The second and later ones are repetitions.
  for (let i = 0; i < 5; i++) await keyboard.down("Enter");
  await keyboard.up("Enter");
  expect(await olga.reply.inputValue()).toBe("Good day!");
  // Neither does a held key confirm the dialog that its command has opened.
  await keyboard.press("Control+k");
  await olga.dialog.getByRole("combobox", { name: "Commands and search" }).fill("transfer");
  for (let i = 0; i < 5; i++) await keyboard.down("Enter");
  await keyboard.up("Enter");
  await olga.dialog.getByRole("heading", { name: "Transfer conversation" }).waitFor();
  expect(await olga.dialog.getByRole("option", { selected: true }).count()).toBe(0);
  await keyboard.press("Escape");
  await olga.deliver("Good day!");
  expect(ann.received).toEqual(["Good day!"]);
});

test("the list follows J, and rows are links for other tabs", async ({
  minimalMessenger,
  openPage,
}) => {
  const people = Array.from({ length: 20 }, (_, i) => `person-${i + 1}`);
  await minimalMessenger.sayFromMany(people, "Hello");
  const olga = await openPage();
  await olga.page.getByRole("checkbox", { name: "Keep me signed in" }).check();
  await olga.signIn("olga");
  await olga.waitUntilLive();
  await olga.sidebar.getByRole("option").first().waitFor();
  for (let i = 0; i < people.length; i++) await olga.page.keyboard.press("j");
  const open = olga.sidebar.getByRole("option", { selected: true });
  await until("the last one is open", async () => {
    return (await open.getAttribute("aria-posinset")) === String(people.length);
  });
  await until("it is in view", async () => {
    const [row, list] = [await open.boundingBox(), await olga.sidebar.boundingBox()];
    return !!row && !!list && row.y >= list.y && row.y + row.height <= list.y + list.height;
  });
  const here = olga.page.url();
  const row = olga.sidebar.getByRole("option", { selected: false }).last();
  const address = await row.getAttribute("href");
  for (const click of [{ modifiers: ["Control" as const] }, { button: "middle" as const }]) {
    const [other] = await Promise.all([
      olga.page.context().waitForEvent("page"),
      row.click(click),
    ]);
    expect(other.url().endsWith(address!)).toBe(true);
    await other.getByRole("log").waitFor();
    await other.close();
  }
  expect(olga.page.url()).toBe(here);
});

test("closing can be undone, a closed conversation reopened, and a colleague's taken over", async ({
  takeSession,
  signIn,
}) => {
  const { ann, olga } = await takeSession();
  await olga.button("Close").click();
  await olga.button("Undo").click();
  await olga.thread("Ann Lee").getByText("Assigned to you").waitFor();
  await olga.button("Close").click();
  await olga.button("Reopen").click();
  await olga.deliver("Still here");
  const vera = await signIn("vera");
  await vera.view("All");
  await vera.open("Ann Lee");
  await vera.button("Take over").click();
  await vera.deliver("I am Vera");
  expect(ann.received).toEqual(["Still here", "I am Vera"]);
  await olga.button("Close").waitFor({ state: "hidden" });
});
