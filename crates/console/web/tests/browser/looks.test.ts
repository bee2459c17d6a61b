import { admin as adminEn } from "../../src/i18n/admin.en";
import { admin as adminRu } from "../../src/i18n/admin.ru";
import { en } from "../../src/i18n/en";
import { ru } from "../../src/i18n/ru";
import { PASSWORD, expect, test } from "./scene";
import type { Desk } from "./scene";
import { Gallery } from "./scene/look";

const LOCALES = { en: { ...en, ...adminEn }, ru: { ...ru, ...adminRu } };
/** A text of the page that has no plural forms. */
type Words = (key: keyof (typeof LOCALES)["en"]) => string;

/** Axe comes into the page as a script, which the page's policy forbids. */
const OPTIONS = { bypassCSP: true, reducedMotion: "reduce" } as const;

for (const locale of ["en", "ru"] as const) {
  const w: Words = (key) => String(LOCALES[locale][key]);
  const options = { ...OPTIONS, locale: locale === "ru" ? "ru-RU" : "en-GB" };

  test(`axe finds nothing wrong with what operators see (${locale})`, async ({
    admin,
    connect,
    house,
    liveChat,
    visit,
  }) => {
    await admin.ask("replies.create", { liveChat, shortcut: "hours", text: "Nine to five." });
    const ann = await connect("Ann Lee", "--fail", "422");
    const bob = await connect("Bob Ray");
    const gallery = new Gallery(locale);
    const desk = await visit(options);
    const { page } = desk;
    await gallery.look(page, "sign-in");
    await signIn(desk, "olga", w);
    await gallery.look(page, "queue-empty");

    ann.say("Do you open on Sunday?", "I would come by at ten.");
    await desk.page.getByRole("option").filter({ hasText: "Ann Lee" }).waitFor();
    bob.say("Good morning!", "/file https://example.org/invoice.pdf");
    await desk.page.getByRole("option").filter({ hasText: "Bob Ray" }).waitFor();
    await gallery.look(page, "queue");

    const olga = await house.signIn("olga");
    const { sessions } = await olga.ask<{ sessions: { id: string; chatName: string }[] }>(
      "sessions.list",
      { view: "queue" },
    );
    const session = sessions.find(({ chatName }) => chatName === "Ann Lee")?.id;
    await olga.ask("sessions.take", { session });
    await olga.ask("messages.note", { session, text: "She has an appointment." });
    await olga.ask("messages.send", { session, text: "From ten to four." });
    await olga.close();
    await page.evaluate((id) => (location.hash = `#/mine/${id}`), session);
    await page.getByRole("button", { name: w("delivery.retry") }).waitFor();
    await gallery.look(page, "conversation");

    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("option").first().waitFor();
    await gallery.look(page, "commands");
    await page.keyboard.press("Escape");
    for (const [keys, name] of [
      ["Shift+Slash", "shortcuts"],
      ["Shift+T", "transfer"],
      ["c", "new-session"],
    ] as const) {
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      await page.keyboard.press(keys);
      await page.getByRole("dialog").waitFor();
      await gallery.look(page, name);
      await page.keyboard.press("Escape");
    }
    await page.getByRole("button", { name: w("menu"), exact: true }).click();
    await gallery.look(page, "menu");
    await page.getByRole("menu").getByText(w("command.replies"), { exact: true }).click();
    await page.getByRole("dialog").getByText("Nine to five.").waitFor();
    await gallery.look(page, "canned-replies");
    await page.keyboard.press("Escape");
    await page.evaluate(() => (location.hash = "#/closed"));
    await page.getByText(w("empty.closed")).waitFor();
    await gallery.look(page, "closed-empty");
    expect(gallery.faults).toEqual([]);
  });

  test(`axe finds nothing wrong with what administrators see (${locale})`, async ({
    connect,
    enter,
    liveChat,
    messenger,
    visit,
  }) => {
    const ann = await connect("Ann Lee", "--fail", "422");
    const olga = await enter("olga");
    ann.say("Do you open on Sunday?");
    await olga.take("Ann Lee");
    await olga.send("From ten to four.");
    await olga.message("From ten to four.").getByText("Not delivered").waitFor();
    const refusing = await messenger("Bob Ray", "--refuse");

    const gallery = new Gallery(locale);
    const desk = await visit(options);
    const { page } = desk;
    const main = page.getByRole("main");
    const dialog = page.getByRole("dialog");
    await signIn(desk, "admin", w);
    const go = async (path: string, seen: string) => {
      await page.evaluate((to) => (location.hash = to), `#/admin/${path}`);
      await main.getByText(seen).first().waitFor();
    };
    /** Opens a dialog, looks at it, and closes it. */
    const open = async (button: string, screen: string) => {
      await main.getByRole("button", { name: button }).first().click();
      await dialog.waitFor();
      await gallery.look(page, screen);
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "hidden" });
    };

    await go("live-chats", "Support");
    await gallery.look(page, "live-chats");
    await open(w("liveChats.new"), "live-chat-new");
    await go(`live-chats/${liveChat}/members`, w("members.hint"));
    await gallery.look(page, "members");
    await go(`live-chats/${liveChat}/messengers`, "Ann Lee's");
    await gallery.look(page, "messengers");
    await main.getByRole("button", { name: w("connect"), exact: true }).click();
    await gallery.look(page, "connect");
    await dialog.getByLabel(w("connect.name"), { exact: true }).fill("Website");
    await dialog.getByLabel(w("webhook"), { exact: true }).fill(refusing.webhook);
    await dialog.getByLabel(w("code"), { exact: true }).fill("open sesame");
    await dialog.getByRole("button", { name: w("connect.do"), exact: true }).click();
    await dialog.getByText(w("why.wrongCode")).waitFor();
    await gallery.look(page, "connect-refused");
    await page.keyboard.press("Escape");
    await main.getByRole("link", { name: "Ann Lee's" }).click();
    await main.getByText(w("code.one")).waitFor();
    await gallery.look(page, "channel");
    await open(w("code.rotate"), "channel-rotate");
    await go("deliveries", "422");
    await gallery.look(page, "deliveries");
    await open(w("replay.window"), "deliveries-replay");
    await go("people", "Ann Lee");
    await gallery.look(page, "people");
    await open(w("forget"), "person-forget");
    await go("users", "Petr Novak");
    await gallery.look(page, "users");
    await open(w("users.new"), "user-new");
    await go("audit", "Support");
    await gallery.look(page, "audit");
    expect(gallery.faults).toEqual([]);
  });
}

async function signIn({ page }: Desk, user: string, w: Words) {
  await page.getByRole("textbox", { name: w("signIn.user") }).fill(user);
  await page.getByLabel(w("signIn.password"), { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: w("signIn.enter") }).click();
  await page.getByText(w("connection.live")).first().waitFor();
}
