import { expect, test } from "./fixtures";
import { Gallery, openOptions } from "./fixtures/gallery";

const LOCALES = ["en", "ru"] as const;

test.for(LOCALES)(
  "axe finds no violations in the operator's screens (%s)",
  async (locale, { connect, broker, openPage, liveChat }) => {
    expect(liveChat).toBeTruthy();
    const ann = await connect("Ann Lee", "--fail", "422");
    const bob = await connect("Bob Ray");
    const { page } = await openPage(openOptions(locale));
    const gallery = new Gallery(page, locale);
    // A page first asks other tabs for a password.
    await page.getByRole("button", { name: gallery.text("signIn.submit") }).waitFor();
    await gallery.check("sign-in");
    await gallery.signIn("olga");
    await gallery.go("queue", gallery.text("empty.queue"));
    await gallery.check("queue-empty");

    ann.say("Do you open on Sunday?", "I would come by at ten.");
    await page.getByRole("option").filter({ hasText: "at ten" }).waitFor();
    bob.say("Good morning!", "/file https://example.org/invoice.pdf");
    await page.getByRole("option").filter({ hasText: "Bob Ray" }).waitFor();
    await gallery.check("queue");

    const olga = await broker.signIn("olga");
    type Sessions = { sessions: { id: string; chatName: string }[] };
    const { sessions } = await olga.request<Sessions>("sessions.list", { view: "queue" });
    const session = sessions.find(({ chatName }) => chatName === "Ann Lee")?.id;
    await olga.request("sessions.take", { session });
    await olga.request("messages.note", { session, text: "She has an appointment." });
    await olga.request("messages.send", { session, text: "From ten to four." });
    await olga.close();
    await gallery.go(`mine/${session}`, gallery.text("delivery.failed"));
    await gallery.check("conversation");
    await gallery.go("closed", gallery.text("empty.closed"));
    await gallery.check("closed-empty");
    expect(gallery.violations).toEqual([]);
  },
);

test.for(LOCALES)(
  "axe finds no violations in the operator's dialogs (%s)",
  async (locale, { admin, connect, liveChat, openPage }) => {
    await admin.request("replies.create", { liveChat, shortcut: "hours", text: "Nine to five." });
    const ann = await connect("Ann Lee");
    const { page } = await openPage(openOptions(locale));
    const gallery = new Gallery(page, locale);
    await gallery.signIn("olga");
    ann.say("Hello");
    await page.getByRole("option").filter({ hasText: "Ann Lee" }).click();
    await page.getByRole("button", { name: gallery.text("command.take"), exact: true }).click();
    await gallery.main.getByText(gallery.text("sessionStatus.mine")).waitFor();
    // In the list, single keys are shortcuts.
    await gallery.main.getByRole("textbox").press("Escape");
    for (const [keys, screen] of [
      ["Control+k", "commands"],
      ["Shift+Slash", "shortcuts"],
      ["Shift+T", "transfer"],
      ["c", "new-session"],
    ] as const)
      await gallery.checkDialog(screen, () => page.keyboard.press(keys));
    await page.getByRole("button", { name: gallery.text("menu"), exact: true }).click();
    await gallery.check("menu");
    await gallery.checkDialog("canned-replies", async () => {
      await page.getByRole("menu").getByText(gallery.text("command.replies")).click();
      await gallery.dialog.getByText("Nine to five.").waitFor();
    });
    expect(gallery.violations).toEqual([]);
  },
);

test.for(LOCALES)(
  "axe finds no violations in the administration of live chats (%s)",
  async (locale, { connect, liveChat, messenger, openPage }) => {
    await connect("Ann Lee");
    const bob = await messenger("Bob Ray", "--refuse");
    const { page } = await openPage(openOptions(locale));
    const gallery = new Gallery(page, locale);
    const { dialog, main } = gallery;
    await gallery.signIn("admin");
    await gallery.go("admin/live-chats", "Support");
    await gallery.check("live-chats");
    await gallery.checkDialogOf(gallery.text("liveChats.new"), "live-chat-new");
    await gallery.go(`admin/live-chats/${liveChat}/members`, gallery.text("members.hint"));
    await gallery.check("members");
    await gallery.go(`admin/live-chats/${liveChat}/messengers`, "Ann Lee's");
    await gallery.check("messengers");
    await gallery.checkDialogOf(gallery.text("connect"), "connect");
    await gallery.checkDialog("connect-refused", async () => {
      await main.getByRole("button", { name: gallery.text("connect"), exact: true }).click();
      const fill = (label: string, text: string) =>
        dialog.getByLabel(label, { exact: true }).fill(text);
      await fill(gallery.text("connect.name"), "Website");
      await fill(gallery.text("webhook"), bob.webhook);
      await fill(gallery.text("code"), "open sesame");
      await dialog.getByRole("button", { name: gallery.text("connect.submit"), exact: true }).click();
      const edit = { name: gallery.text("connect.edit"), exact: true };
      await dialog.getByRole("button", edit).waitFor();
    });
    await main.getByRole("link", { name: "Ann Lee's" }).click();
    await main.getByText(gallery.text("code.single")).waitFor();
    await gallery.check("channel");
    await gallery.checkDialogOf(gallery.text("code.rotate"), "channel-rotate");
    expect(gallery.violations).toEqual([]);
  },
);

test.for(LOCALES)(
  "axe finds no violations in the administration's lists (%s)",
  async (locale, { connect, signIn, openPage }) => {
    const ann = await connect("Ann Lee", "--fail", "422");
    const olga = await signIn("olga");
    ann.say("Do you open on Sunday?");
    await olga.take("Ann Lee");
    await olga.send("From ten to four.");
    await olga.message("From ten to four.").getByText("Failed").waitFor();
    const { page } = await openPage(openOptions(locale));
    const gallery = new Gallery(page, locale);
    await gallery.signIn("admin");
    await gallery.go("admin/deliveries", "422");
    await gallery.check("deliveries");
    await gallery.checkDialogOf(gallery.text("replay.title"), "deliveries-replay");
    await gallery.go("admin/contacts", "Ann Lee");
    await gallery.check("people");
    await gallery.checkDialogOf(gallery.text("erase"), "person-forget");
    await gallery.go("admin/users", "Petr Novak");
    await gallery.check("users");
    await gallery.checkDialogOf(gallery.text("users.new"), "user-new");
    await gallery.go("admin/audit", "Support");
    await gallery.check("audit");
    expect(gallery.violations).toEqual([]);
  },
);
