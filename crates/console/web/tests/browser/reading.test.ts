/** What an operator reads: its order, times, and what is marked as read. */
import { expect, test, until } from "./fixtures";
import type { OperatorPage } from "./fixtures";

const HOUR_MS = 60 * 60_000;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

const setFocus = (olga: OperatorPage, hasFocus: boolean) =>
  olga.page.evaluate((has) => {
    document.hasFocus = () => has;
    dispatchEvent(new Event(has ? "focus" : "blur"));
  }, hasFocus);

test("a thread is in the order of the log, and shows when a message was written at another time", async ({
  minimalMessenger,
  signIn,
}) => {
  const olga = await signIn("olga");
  await minimalMessenger.say("Ann", "Question", undefined, { createdAt: ago(0) });
  await olga.take("Ann");
  await olga.deliver("Answer");
  await minimalMessenger.say("Ann", "Ahead", undefined, { createdAt: ago(-3 * HOUR_MS) });
  await minimalMessenger.say("Ann", "Late", undefined, { createdAt: ago(48 * HOUR_MS) });
  await minimalMessenger.say("Ann", "Now", undefined, { createdAt: ago(1_000) });
  await olga.deliver("Thanks");
  expect(await olga.texts()).toEqual(["Question", "Answer", "Ahead", "Late", "Now", "Thanks"]);
  for (const text of ["Ahead", "Late"]) await olga.message(text).getByText(/^written /).waitFor();
  expect(await olga.log.getByText(/^written /).count()).toBe(2);
  expect(await olga.log.getByRole("heading").allInnerTexts()).toEqual(["today"]);
});

test("only messages that were on screen are marked as read", async ({
  minimalMessenger,
  admin,
  signIn,
}) => {
  const olga = await signIn("olga");
  await minimalMessenger.say("Ann", "Hello");
  await olga.take("Ann");
  await olga.row("Ann").getByText("1 unread message").waitFor({ state: "hidden" });
  await olga.view("Mine");
  await olga.thread("Ann").waitFor({ state: "hidden" });
  for (let i = 1; i <= 60; i += 1) await minimalMessenger.say("Ann", `Line ${i}.`);
  await olga.row("Ann").getByText("60 unread messages").waitFor();
  await olga.open("Ann");
  await olga.message("Line 60.").waitFor();
  await olga.button("60 unread messages").click();
  await until("the first one is in sight", () => olga.message("Line 1.").isVisible());
  // The last ones were on screen, but not those between.
  const unread = async () => {
    const args = { view: "active" };
    const { sessions } = await admin.request<{ sessions: { unread: number }[] }>("sessions.list", args);
    return sessions[0]?.unread ?? 0;
  };
  await until("the first ones are read", async () => (await unread()) < 60);
  expect(await unread()).toBeGreaterThan(10);
  await until("all of them were in sight", async () => {
    await olga.log.press("PageDown");
    return (await unread()) === 0;
  });
});

test("messages are marked as read only while the window has the focus", async ({
  minimalMessenger,
  signIn,
}) => {
  const olga = await signIn("olga");
  await minimalMessenger.say("Ann", "Hello");
  await olga.take("Ann");
  await setFocus(olga, false);
  await minimalMessenger.say("Ann", "Anybody?");
  await olga.message("Anybody?").waitFor();
  await olga.row("Ann").getByText("1 unread message").waitFor();
  await minimalMessenger.say("Ann", "Hm");
  await olga.message("Hm").waitFor();
  await olga.row("Ann").getByText("2 unread messages").waitFor();
  await setFocus(olga, true);
  await olga.row("Ann").getByText(/unread message/).waitFor({ state: "hidden" });
});

test("the history of a person has all their chats in order", async ({ minimalMessenger, signIn }) => {
  const olga = await signIn("olga");
  const from = async (chat: string, text: string) => {
    await minimalMessenger.say("Ann", text, { id: chat, name: "Ann" });
    await olga.take("Ann");
    await olga.message(text).waitFor();
  };
  for (const text of ["a 1", "b 1", "a 2"]) {
    await from(text.charAt(0), text);
    await olga.button("Close").click();
    await olga.thread("Ann").getByText("Closed", { exact: true }).waitFor();
  }
  await from("a", "a 3");
  expect(await olga.texts()).toEqual(["a 1", "b 1", "a 2", "a 3"]);
  const reload = async () => {
    await olga.page.reload();
    await olga.signIn("olga");
    await olga.message("a 3").waitFor();
  };
  await reload();
  // Only messages of the same chat can be quoted.
  const quote = (text: string) => olga.message(text).getByRole("button", { name: "Quote" });
  await quote("b 1").waitFor({ state: "detached" });
  for (const text of ["a 1", "a 3"]) expect(await quote(text).count(), text).toBe(1);
  // What another person writes in one of the chats meanwhile.
  await minimalMessenger.say("Boris", "b 2", { id: "b", name: "Ann" });
  await olga.message("b 2").waitFor();
  await reload();
  expect(await olga.texts()).toEqual(["a 1", "b 1", "a 2", "a 3", "b 2"]);
});

test("words of other scripts do not turn those around them", async ({ minimalMessenger, signIn }) => {
  const olga = await signIn("olga");
  const files = [{ name: "invoice\u202Efdp.exe", URL: "https://files.example/x" }];
  await minimalMessenger.say("محمد", "مرحبا", undefined, { files });
  await olga.take("محمد");
  await olga.log.getByRole("link", { name: "invoice[U+202E]fdp.exe" }).waitFor();
  /** The horizontal place of each of the texts within an element. */
  const places = (within: string, texts: string[]) =>
    olga.page.evaluate(
      ([selector, parts]) => {
        const walker = document.createTreeWalker(document.querySelector(selector)!, 4);
        const found: number[] = [];
        for (let node = walker.nextNode(); node; node = walker.nextNode())
          for (const part of parts) {
            const at = node.nodeValue!.indexOf(part);
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(node, at);
            range.setEnd(node, at + part.length);
            found[parts.indexOf(part)] = range.getBoundingClientRect().left;
          }
        return found;
      },
      [within, texts] as const,
    );
  const [stem = 0, extension = 0] = await places("[role=log]", ["invoice", ".exe"]);
  expect(stem).toBeLessThan(extension);
  await olga.button("Note").click();
  await olga.note.fill("שלום");
  expect(await olga.note.evaluate((area) => getComputedStyle(area).direction)).toBe("rtl");
  await olga.button("Add note").click();
  const row = await olga.row("محمد").locator("[dir=auto]").evaluateAll((all) =>
    all.map((one) => getComputedStyle(one).direction),
  );
  // The name and what was written last.
  expect(row).toEqual(["rtl", "rtl"]);
});

test("a wrong clock of the browser changes no times", async ({ minimalMessenger, openPage }) => {
  await minimalMessenger.say("Ann", "Hello");
  for (const wrong of [-24 * HOUR_MS, 24 * HOUR_MS]) {
    const olga = await openPage();
    await olga.page.addInitScript((offset) => {
      const RealDate = Date;
      const now = () => RealDate.now() + offset;
      globalThis.Date = class extends RealDate {
        constructor(...args: []) {
          super(...((args.length > 0 ? args : [now()]) as []));
        }
        static override now = now;
      } as DateConstructor;
    }, wrong);
    await olga.page.reload();
    await olga.signIn("olga");
    await olga.waitUntilLive();
    await olga.row("Ann").getByText(/^\s*Waiting for a reply \d:\d\d/).waitFor();
    await olga.open("Ann");
    await olga.log.getByRole("heading", { name: "today" }).waitFor();
  }
});

test("a translation by the browser keeps the page up to date", async ({ minimalMessenger, signIn }) => {
  const olga = await signIn("olga");
  const id = await minimalMessenger.say("Ann", "Hello");
  await olga.take("Ann");
  // As browsers do it: each text node becomes elements, unless the page asks not to.
  await olga.page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const nodes: Text[] = [];
    while (walker.nextNode()) nodes.push(walker.currentNode as Text);
    for (const node of nodes)
      if (node.parentElement?.translate && node.data.trim()) {
        const font = document.createElement("font");
        font.textContent = `${node.data} (translated)`;
        node.replaceWith(font);
      }
  });
  await olga.message("Hello (translated)").waitFor();
  await minimalMessenger.edit(id, "Good day");
  await olga.message("Good day").getByText("edited").waitFor();
  expect(await olga.texts()).toEqual(["Good day"]);
  await olga.button("Note").click();
  await olga.button("Add note").waitFor();
  await olga.button("Reply").click();
  await olga.button("Send").waitFor();
  await olga.button("Close").click();
  await olga.thread("Ann").getByText("Closed", { exact: true }).waitFor();
  await olga.page.getByText("(translated)").waitFor({ state: "detached" });
});
