import { expect, test } from "./scene";
import { Gallery, visitIn } from "./scene/gallery";

const LOCALES = ["en", "ru"] as const;

test.for(LOCALES)(
  "axe finds nothing wrong with an operator's screens (%s)",
  async (locale, { connect, house, visit, liveChat }) => {
    expect(liveChat).toBeTruthy();
    const ann = await connect("Ann Lee", "--fail", "422");
    const bob = await connect("Bob Ray");
    const { page } = await visit(visitIn(locale));
    const gallery = new Gallery(page, locale);
    await gallery.look("sign-in");
    await gallery.signIn("olga");
    await gallery.go("queue", gallery.words("empty.queue"));
    await gallery.look("queue-empty");

    ann.say("Do you open on Sunday?", "I would come by at ten.");
    await page.getByRole("option").filter({ hasText: "at ten" }).waitFor();
    bob.say("Good morning!", "/file https://example.org/invoice.pdf");
    await page.getByRole("option").filter({ hasText: "Bob Ray" }).waitFor();
    await gallery.look("queue");

    const olga = await house.signIn("olga");
    type Sessions = { sessions: { id: string; chatName: string }[] };
    const { sessions } = await olga.ask<Sessions>("sessions.list", { view: "queue" });
    const session = sessions.find(({ chatName }) => chatName === "Ann Lee")?.id;
    await olga.ask("sessions.take", { session });
    await olga.ask("messages.note", { session, text: "She has an appointment." });
    await olga.ask("messages.send", { session, text: "From ten to four." });
    await olga.close();
    await gallery.go(`mine/${session}`, gallery.words("delivery.failed"));
    await gallery.look("conversation");
    await gallery.go("closed", gallery.words("empty.closed"));
    await gallery.look("closed-empty");
    expect(gallery.faults).toEqual([]);
  },
);

test.for(LOCALES)(
  "axe finds nothing wrong with an operator's dialogs (%s)",
  async (locale, { admin, connect, liveChat, visit }) => {
    await admin.ask("replies.create", { liveChat, shortcut: "hours", text: "Nine to five." });
    const ann = await connect("Ann Lee");
    const { page } = await visit(visitIn(locale));
    const gallery = new Gallery(page, locale);
    await gallery.signIn("olga");
    ann.say("Hello");
    await page.getByRole("option").filter({ hasText: "Ann Lee" }).click();
    await page.getByRole("button", { name: gallery.words("command.take"), exact: true }).click();
    await gallery.main.getByText(gallery.words("status.mine")).waitFor();
    for (const [keys, screen] of [
      ["Control+k", "commands"],
      ["Shift+Slash", "shortcuts"],
      ["Shift+T", "transfer"],
      ["c", "new-session"],
    ] as const)
      await gallery.lookInto(screen, () => page.keyboard.press(keys));
    await page.getByRole("button", { name: gallery.words("menu"), exact: true }).click();
    await gallery.look("menu");
    await gallery.lookInto("canned-replies", async () => {
      await page.getByRole("menu").getByText(gallery.words("command.replies")).click();
      await gallery.dialog.getByText("Nine to five.").waitFor();
    });
    expect(gallery.faults).toEqual([]);
  },
);

test.for(LOCALES)(
  "axe finds nothing wrong with an administrator's live chats (%s)",
  async (locale, { connect, liveChat, messenger, visit }) => {
    await connect("Ann Lee");
    const bob = await messenger("Bob Ray", "--refuse");
    const { page } = await visit(visitIn(locale));
    const gallery = new Gallery(page, locale);
    const { dialog, main } = gallery;
    await gallery.signIn("admin");
    await gallery.go("admin/live-chats", "Support");
    await gallery.look("live-chats");
    await gallery.lookBehind(gallery.words("liveChats.new"), "live-chat-new");
    await gallery.go(`admin/live-chats/${liveChat}/members`, gallery.words("members.hint"));
    await gallery.look("members");
    await gallery.go(`admin/live-chats/${liveChat}/messengers`, "Ann Lee's");
    await gallery.look("messengers");
    await gallery.lookBehind(gallery.words("connect"), "connect");
    await gallery.lookInto("connect-refused", async () => {
      await main.getByRole("button", { name: gallery.words("connect"), exact: true }).click();
      const fill = (label: string, text: string) =>
        dialog.getByLabel(label, { exact: true }).fill(text);
      await fill(gallery.words("connect.name"), "Website");
      await fill(gallery.words("webhook"), bob.webhook);
      await fill(gallery.words("code"), "open sesame");
      await dialog.getByRole("button", { name: gallery.words("connect.do"), exact: true }).click();
      await dialog.getByText(gallery.words("why.wrongCode")).waitFor();
    });
    await main.getByRole("link", { name: "Ann Lee's" }).click();
    await main.getByText(gallery.words("code.one")).waitFor();
    await gallery.look("channel");
    await gallery.lookBehind(gallery.words("code.rotate"), "channel-rotate");
    expect(gallery.faults).toEqual([]);
  },
);

test.for(LOCALES)(
  "axe finds nothing wrong with an administrator's lists (%s)",
  async (locale, { connect, enter, visit }) => {
    const ann = await connect("Ann Lee", "--fail", "422");
    const olga = await enter("olga");
    ann.say("Do you open on Sunday?");
    await olga.take("Ann Lee");
    await olga.send("From ten to four.");
    await olga.message("From ten to four.").getByText("Not delivered").waitFor();
    const { page } = await visit(visitIn(locale));
    const gallery = new Gallery(page, locale);
    await gallery.signIn("admin");
    await gallery.go("admin/deliveries", "422");
    await gallery.look("deliveries");
    await gallery.lookBehind(gallery.words("replay.window"), "deliveries-replay");
    await gallery.go("admin/people", "Ann Lee");
    await gallery.look("people");
    await gallery.lookBehind(gallery.words("forget"), "person-forget");
    await gallery.go("admin/users", "Petr Novak");
    await gallery.look("users");
    await gallery.lookBehind(gallery.words("users.new"), "user-new");
    await gallery.go("admin/audit", "Support");
    await gallery.look("audit");
    expect(gallery.faults).toEqual([]);
  },
);
