import type { Page } from "playwright-core";

import { expect, test, until } from "./fixtures";
import { AdminPage } from "./fixtures/admin-page";

const LONG = "W".repeat(255);

/** Sizes of windows: a phone, 400 % zoom (WCAG 1.4.10), a small laptop, and a large screen. */
const PHONE = { width: 390, height: 844 };
const ZOOMED = { width: 360, height: 225 };
const LAPTOP = { width: 1024, height: 768 };
const LARGE = { width: 2560, height: 1440 };

/** How much of the page is wider than the window. */
const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** The heights of the elements that scroll up and down. */
const scrollers = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("body *")]
      .filter((one) => one.localName !== "textarea" && one.clientHeight > 0)
      .filter((one) => one.scrollHeight > one.clientHeight + 1)
      .filter((one) => /auto|scroll/.test(getComputedStyle(one).overflowY))
      .map((one) => one.clientHeight),
  );

test("the contact's details are a pane in a wide window and a drawer in others", async ({
  takeSession,
}) => {
  const { olga } = await takeSession();
  const details = olga.page.getByText("ID in the messenger");
  await details.waitFor();
  // The last one is 1366 at 125 %.
  for (const size of [LAPTOP, PHONE, ZOOMED, { width: 1093, height: 614 }]) {
    await olga.page.setViewportSize(size);
    await details.waitFor({ state: "hidden" });
    await olga.button("Show or hide details").click();
    await olga.dialog.getByText("ID in the messenger").waitFor();
    expect(await overflow(olga.page), `${size.width}`).toBe(0);
    await olga.page.keyboard.press("Escape");
    await olga.dialog.waitFor({ state: "hidden" });
    expect(await olga.thread("Ann Lee").isVisible()).toBe(true);
  }
  await olga.button("Show or hide details").click();
  await olga.page.setViewportSize({ width: 1440, height: 900 });
  await olga.dialog.waitFor({ state: "hidden" });
  await details.waitFor();
});

test("zoomed to 400 %, everything is reached with one scroll", async ({ connect, signIn }) => {
  const ann = await connect("Ann Lee");
  const olga = await signIn("olga");
  ann.say(...Array.from({ length: 30 }, (_, i) => `Message ${i}`));
  await olga.take("Ann Lee");
  await olga.message("Message 29").waitFor();
  await olga.page.setViewportSize(ZOOMED);
  await expect.poll(() => overflow(olga.page)).toBe(0);
  // All of the window scrolls, not a strip between a header and a composer.
  await expect.poll(() => scrollers(olga.page)).toEqual([ZOOMED.height]);
  for (const element of [
    olga.button("Transfer"),
    olga.message("Message 0"),
    olga.message("Message 29"),
    olga.reply,
    olga.button("Send"),
  ]) {
    await element.scrollIntoViewIfNeeded();
    const box = (await element.boundingBox())!;
    expect(box.y).toBeGreaterThanOrEqual(0);
    expect(Math.round(box.y + box.height)).toBeLessThanOrEqual(ZOOMED.height);
  }
  await olga.deliver("Still works");
  await olga.button("Back to the list").click();
  await expect.poll(() => overflow(olga.page)).toBe(0);
  expect((await scrollers(olga.page)).length).toBeLessThanOrEqual(1);
  await olga.row("Ann Lee").scrollIntoViewIfNeeded();
  await olga.open("Ann Lee");
});

test("an administrator's screens fit a phone and a window zoomed to 400 %", async ({
  connect,
  signIn,
}) => {
  await connect("Ann Lee");
  const adminPage = await AdminPage.open(await signIn("admin"));
  const { page } = adminPage;
  for (const size of [PHONE, ZOOMED]) {
    await page.setViewportSize(size);
    for (const section of ["Deliveries", "Contacts", "Users", "Audit log", "Live chats"] as const) {
      await adminPage.section(section);
      await expect.poll(() => overflow(page), { message: section }).toBe(0);
      const tab = page.getByRole("navigation", { name: "Administration" }).getByRole("link", {
        name: section,
      });
      const box = (await tab.boundingBox())!;
      expect(box.x, section).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width, section).toBeLessThanOrEqual(size.width);
    }
    // A name stands on one line: the rows are cards.
    const name = (await adminPage.main.getByRole("link", { name: "Support" }).boundingBox())!;
    expect(name.height).toBeLessThan(30);
    await adminPage.liveChat("Support");
    await expect.poll(() => overflow(page)).toBe(0);
    const channel = (await adminPage.main.getByRole("link", { name: "Ann Lee's" }).boundingBox())!;
    expect(channel.height).toBeLessThan(30);
  }
});

test("long names and many files are contained", async ({
  admin,
  liveChat,
  minimalMessenger,
  signIn,
  takeSession,
}) => {
  const { olga } = await takeSession();
  await admin.request("users.update", { login: "petr", name: LONG });
  await minimalMessenger.say(LONG, "Hello");
  await olga.page.reload();
  await olga.signIn("olga");
  await olga.waitUntilLive();
  for (const size of [PHONE, LARGE, ZOOMED]) {
    await olga.page.setViewportSize(size);
    await olga.button("Transfer").click();
    await olga.dialog.getByRole("combobox").click();
    const dialog = await olga.dialog.evaluate((one) => one.scrollWidth - one.clientWidth);
    expect(dialog, `${size.width}`).toBe(0);
    await olga.dialog.getByRole("button", { name: "Close" }).first().click();
    await olga.dialog.waitFor({ state: "hidden" });
    await expect.poll(() => overflow(olga.page)).toBe(0);
  }
  await admin.request("users.update", { login: "petr", name: "Petr Novak" });

  const { sessions } = await admin.request<{ sessions: { id: string }[] }>("sessions.list", {
    view: "active",
  });
  const name = `${LONG.slice(4)}.pdf`;
  const files = Array.from({ length: 20 }, (_, i) => ({ name, URL: `https://example.org/${i}` }));
  await admin.request("messages.send", { session: sessions[0]!.id, files });
  const links = olga.log.getByRole("link");
  await olga.button("Show all 20 files").click();
  await links.nth(19).waitFor();
  await expect.poll(() => overflow(olga.page)).toBe(0);

  await admin.request("live-chats.rename", { liveChat, name: LONG });
  const adminPage = await AdminPage.open(await signIn("admin"));
  const { dialog, page } = adminPage;
  for (const size of [LARGE, PHONE, ZOOMED]) {
    await page.setViewportSize(size);
    for (const action of ["Rename", "Delete"]) {
      await adminPage.button(new RegExp(`^${action}`)).click();
      expect(await dialog.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0);
      await dialog.getByRole("button", { name: "Cancel" }).click();
      await dialog.waitFor({ state: "hidden" });
    }
    await expect.poll(() => overflow(page)).toBe(0);
  }
});

test("a file that is dropped next to the composer does not leave the page", async ({ signIn }) => {
  const olga = await signIn("olga");
  const isRejected = await olga.page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["x"], "x.txt"));
    const drop = (name: string) =>
      !document.body.dispatchEvent(
        new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true }),
      );
    return [drop("dragover"), drop("drop")];
  });
  expect(isRejected).toEqual([true, true]);
});

test("fields have text of 16 px on touch screens", async ({ annAndOlga, openPage, liveChat }) => {
  expect(liveChat).toBeTruthy();
  await annAndOlga("Hello");
  const page = await openPage({ viewport: PHONE, hasTouch: true, isMobile: true });
  const sizes = () =>
    page.page.evaluate(() =>
      [...document.querySelectorAll("input, textarea, select")].map((one) =>
        parseFloat(getComputedStyle(one).fontSize),
      ),
    );
  expect(Math.min(...(await sizes()))).toBeGreaterThanOrEqual(16);
  await page.signIn("olga");
  await page.waitUntilLive();
  expect(Math.min(...(await sizes()))).toBeGreaterThanOrEqual(16);
  await page.open("Ann Lee");
  expect(Math.min(...(await sizes()))).toBeGreaterThanOrEqual(16);
});

test("on a large screen lines have about 75 characters and the thread stays together", async ({
  takeSession,
}) => {
  const { olga } = await takeSession("The quick brown fox jumps over the lazy dog. ".repeat(20));
  await olga.page.setViewportSize(LARGE);
  await olga.deliver("Yes");
  const longest = await olga.log.evaluate((log) => {
    const texts = [...log.querySelector("p[dir=auto]")!.childNodes];
    const text = texts.find(({ textContent }) => textContent!.length > 100)!;
    const range = document.createRange();
    const tops = new Map<number, number>();
    for (let at = 0; at < text.textContent!.trim().length; at += 1) {
      range.setStart(text, at);
      range.setEnd(text, at + 1);
      const top = Math.round(range.getBoundingClientRect().top);
      tops.set(top, (tops.get(top) ?? 0) + 1);
    }
    return Math.max(...tops.values());
  });
  expect(longest).toBeGreaterThan(60);
  expect(longest).toBeLessThanOrEqual(85);
  const [question, answer] = [
    (await olga.message("The quick").boundingBox())!,
    (await olga.message("Yes").boundingBox())!,
  ];
  expect(answer.x + answer.width - question.x).toBeLessThan(1100);
});

test("printing prints the whole thread and nothing else", async ({ connect, signIn }) => {
  const ann = await connect("Ann Lee");
  const olga = await signIn("olga");
  ann.say(...Array.from({ length: 30 }, (_, i) => `Message ${i}.`));
  await olga.take("Ann Lee");
  await olga.message("Message 29.").waitFor();
  await olga.page.emulateMedia({ media: "print" });
  const clipped = await olga.log.evaluate((log) => {
    const cut: string[] = [];
    for (let one: Element | null = log; one; one = one.parentElement) {
      const { overflowY, height } = getComputedStyle(one);
      const isCut = one.scrollHeight > one.clientHeight + 1 && one !== document.documentElement;
      if (isCut && one.clientHeight > 0) cut.push(`${one.className} ${overflowY} ${height}`);
    }
    return cut;
  });
  expect(clipped).toEqual([]);
  expect(await olga.sidebar.isVisible()).toBe(false);
  expect(await olga.reply.isVisible()).toBe(false);
  expect(await olga.message("Message 0.").isVisible()).toBe(true);
});

test("with reduced motion nothing moves, and with forced colours the selection is visible", async ({
  broker,
  connect,
  signIn,
}) => {
  const ann = await connect("Ann Lee");
  const olga = await signIn("olga", { reducedMotion: "reduce", allowErrors: true });
  const bob = await connect("Bob Ray");
  ann.say("Hello");
  bob.say("Hello");
  await olga.open("Ann Lee");
  await olga.page.emulateMedia({ forcedColors: "active" });
  const look = (selector: string) =>
    olga.page
      .locator(selector)
      .first()
      .evaluate((one) => {
        const { backgroundColor, outlineStyle, outlineWidth } = getComputedStyle(one);
        return `${backgroundColor} ${outlineStyle} ${outlineWidth}`;
      });
  const views = "nav[aria-label=Views] a";
  expect(await look(`${views}[aria-current]`)).not.toBe(await look(`${views}:not([aria-current])`));
  expect(await look("[role=option][aria-selected=true]")).not.toBe(
    await look("[role=option][aria-selected=false]"),
  );
  const glow = await look("nav[aria-label=Views] .lamp");
  expect(glow).not.toBe(await look("nav[aria-label=Views]"));
  await broker.kill("broker");
  await olga.view("Closed");
  await olga.page.locator("[aria-busy=true]").first().waitFor();
  const moving = await olga.page.evaluate(() => document.getAnimations().length);
  expect(moving).toBe(0);
  await broker.start();
});

test("rows grow with the text size of the browser", async ({ connect, signIn }) => {
  const ann = await connect("Ann Lee");
  const bob = await connect("Bob Ray");
  const olga = await signIn("olga");
  ann.say("Hello");
  bob.say("Hello");
  await olga.row("Ann Lee").waitFor();
  await olga.row("Bob Ray").waitFor();
  await olga.page.evaluate(() => (document.documentElement.style.fontSize = "24px"));
  const rows = () =>
    olga.page.getByRole("option").evaluateAll((all) =>
      all.map((one) => {
        const { top, bottom } = one.getBoundingClientRect();
        return { top, bottom, cut: one.scrollHeight - one.clientHeight };
      }),
    );
  await until("the rows have grown, and none is cut or over another", async () => {
    const [first, second] = (await rows()).sort((a, b) => a.top - b.top);
    return first!.cut <= 0 && second!.cut <= 0 && second!.top >= first!.bottom - 1;
  });
});
