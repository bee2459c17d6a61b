import { expect, test, until } from "./fixtures";
import { Network } from "./fixtures/network";

test("a draft survives opening another session and a reload", async ({ connect, openPage }) => {
  const ann = await connect("Ann Lee");
  const bob = await connect("Bob Ray");
  const olga = await openPage();
  await olga.page.getByRole("checkbox", { name: "Keep me signed in" }).check();
  await olga.signIn("olga");
  await olga.waitUntilLive();
  ann.say("Hello");
  bob.say("Good morning");
  await olga.take("Ann Lee");
  await olga.reply.fill("I will look, and");
  await olga.take("Bob Ray");
  expect(await olga.reply.inputValue()).toBe("");
  await olga.view("Mine");
  await olga.row("Ann Lee").getByText("Draft: I will look, and").waitFor();
  await olga.open("Ann Lee");
  expect(await olga.reply.inputValue()).toBe("I will look, and");
  await olga.reply.fill("I will look, and tell you");
  await olga.page.reload();
  await olga.thread("Ann Lee").waitFor();
  expect(await olga.reply.inputValue()).toBe("I will look, and tell you");
});

test("typing / finds a canned reply and inserts it", async ({ takeSession, admin, liveChat }) => {
  const replies = [
    { shortcut: "hours", text: "We are open from nine to five." },
    { shortcut: "hello", text: "Good day, how can I help?" },
  ];
  for (const reply of replies) await admin.request("replies.create", { liveChat, ...reply });
  const { ann, olga } = await takeSession("When are you open?");
  await olga.reply.pressSequentially("Hello! /h");
  const canned = olga.page.getByRole("listbox", { name: "Canned replies" });
  await canned.getByRole("option", { name: "/hello" }).waitFor();
  await olga.reply.pressSequentially("our");
  await canned.getByRole("option").filter({ hasText: "from nine to five" }).waitFor();
  await olga.reply.press("Enter");
  expect(await olga.reply.inputValue()).toBe("Hello! We are open from nine to five.");
  await olga.reply.press("Enter");
  await olga.waitUntilSent("from nine to five");
  expect(ann.received).toEqual(["Hello! We are open from nine to five."]);
});

test("a supervisor adds a canned reply, and operators can use but not edit it", async ({
  connect,
  signIn,
}) => {
  const ann = await connect("Ann Lee");
  const vera = await signIn("vera");
  const olga = await signIn("olga");
  ann.say("Hello");
  await vera.menu("Canned replies");
  await vera.dialog.getByRole("button", { name: "Add reply" }).click();
  await vera.dialog.getByRole("textbox", { name: "Shortcut" }).fill("bye");
  await vera.dialog.getByRole("textbox", { name: "Text" }).fill("Have a nice day!");
  await vera.dialog.getByRole("button", { name: "Save" }).click();
  await vera.dialog.getByText("Have a nice day!").waitFor();
  await olga.take("Ann Lee");
  await olga.menu("Canned replies");
  await olga.dialog.getByText("Have a nice day!").waitFor();
  expect(await olga.dialog.getByRole("button", { name: "Edit" }).count()).toBe(0);
  await olga.page.keyboard.press("Escape");
  await olga.reply.fill("/bye");
  await olga.reply.press("Enter");
  await olga.reply.press("Enter");
  await olga.waitUntilSent("Have a nice day!");

  await vera.dialog.getByRole("button", { name: "Delete" }).click();
  await vera.dialog.getByText("Nobody in this live chat can use it any more").waitFor();
  await vera.dialog.getByRole("button", { name: "Cancel" }).click();
  await vera.dialog.getByText("Have a nice day!").waitFor();
  await vera.dialog.getByRole("button", { name: "Delete" }).click();
  await vera.dialog.getByRole("button", { name: "Delete" }).click();
  await vera.dialog.getByText("No canned replies").waitFor();
});

test("Enter or Ctrl+Enter sends, depending on the setting", async ({ takeSession }) => {
  const { ann, olga } = await takeSession();
  await olga.reply.fill("One");
  await olga.reply.press("Shift+Enter");
  await olga.reply.pressSequentially("two");
  await olga.reply.press("Enter");
  await olga.waitUntilSent("One");
  await olga.menu("Send with Enter");
  await olga.reply.fill("Three");
  await olga.reply.press("Enter");
  await olga.reply.pressSequentially("four");
  await olga.reply.press("Control+Enter");
  await olga.waitUntilSent("Three");
  expect(ann.received).toEqual(["One\ntwo", "Three\nfour"]);
});

test("a reply to a session that was closed meanwhile stays a reply, unsent", async ({
  broker,
  takeSession,
}) => {
  const { ann, olga } = await takeSession();
  await olga.reply.fill("It costs 20 euros");
  const vera = await broker.signIn("vera");
  const { sessions } = await vera.request<{ sessions: { id: string }[] }>("sessions.list", {
    view: "active",
  });
  await vera.request("sessions.close", { session: sessions[0]?.id });
  await vera.close();
  const kept = olga.page.getByRole("alert").filter({ hasText: "Your reply was not sent" });
  await kept.waitFor();
  await olga.reply.press("Enter");
  expect(await olga.reply.inputValue()).toBe("It costs 20 euros");
  expect(await olga.texts()).toEqual(["Hello"]);
  await olga.button("Note").click();
  await olga.note.press("Enter");
  await olga.message("It costs 20 euros").waitFor();
  expect(ann.received).toEqual([]);
});

test("a refused message that is edited joins the draft, and this can be undone", async ({
  admin,
  connect,
  openPage,
}) => {
  const ann = await connect("Ann Lee");
  const olga = await openPage({ allowErrors: true });
  const network = await Network.intercept(olga.page);
  await olga.signIn("olga");
  await olga.waitUntilLive();
  ann.say("Hello");
  await olga.take("Ann Lee");
  network.cut();
  await olga.send("One");
  const { sessions } = await admin.request<{ sessions: { id: string }[] }>("sessions.list", {
    view: "active",
  });
  await admin.request("sessions.close", { session: sessions[0]?.id });
  await olga.reply.fill("Two");
  await network.restore();
  await olga.button("Edit").click();
  expect(await olga.reply.inputValue()).toBe("One\n\nTwo");
  await olga.button("Undo").click();
  expect(await olga.reply.inputValue()).toBe("Two");
  await olga.button("Edit").waitFor();
  expect(ann.received).toEqual([]);
});

test("the first message of a session that is open already becomes its draft", async ({
  takeSession,
}) => {
  const { ann, olga } = await takeSession();
  await olga.reply.fill("One");
  await olga.menu("New conversation");
  await olga.dialog.getByRole("combobox", { name: "To" }).fill("ann");
  await olga.dialog.getByRole("option", { name: "Ann Lee" }).click();
  await olga.dialog.getByRole("textbox", { name: "First message" }).fill("Two");
  await olga.dialog.getByRole("button", { name: "Start", exact: true }).click();
  await olga.dialog.waitFor({ state: "hidden" });
  expect(await olga.reply.inputValue()).toBe("One\n\nTwo");
  expect(ann.received).toEqual([]);
});

test("while a channel is disconnected, thread and composer say what happens to messages", async ({
  admin,
  takeSession,
}) => {
  const { olga } = await takeSession();
  const { channels } = await admin.request<{ channels: { id: string }[] }>("channels.list");
  const channel = channels[0]?.id;
  await admin.request("channels.disconnect", { channel });
  const thread = olga.thread("Ann Lee");
  await thread.getByText("Ann Lee's is disconnected").waitFor();
  await thread.getByText("Messages wait until the channel is connected again").waitFor();
  await admin.request("channels.reconnect", { channel });
  await thread.getByText("Ann Lee's is disconnected").waitFor({ state: "hidden" });
});

test.for([1280, 1024, 390])("nothing makes the page wider than %i pixels", async (width, { connect, openPage }) => {
  const long = "W".repeat(180);
  const ann = await connect(long);
  const olga = await openPage({ viewport: { width, height: 844 } });
  await olga.signIn("olga");
  ann.say(long);
  await olga.page.getByRole("option").filter({ hasText: "WWW" }).click();
  await olga.button("Assign to me").click();
  await olga.deliver(long);
  await olga.reply.fill(long);
  const send = olga.button("Send");
  await until("Send is on the screen", async () => {
    const box = await send.boundingBox();
    return box && box.x >= 0 && box.x + box.width <= width;
  });
  const scrollWidth = await olga.page.evaluate(() => document.documentElement.scrollWidth);
  expect(scrollWidth).toBe(width);
  // It wraps instead of being cut.
  const cut = await olga.log.locator("p[dir=auto]").evaluateAll((all) =>
    all.map((one) => {
      const { right } = one.getBoundingClientRect();
      return right > innerWidth || one.scrollWidth > one.clientWidth;
    }),
  );
  expect(cut).toEqual([false, false]);
});
