import { expect, test } from "./fixtures";

test("a draft survives opening another session and a reload", async ({ connect, openPage }) => {
  const ann = await connect("Ann Lee");
  const bob = await connect("Bob Ray");
  const olga = await openPage();
  await olga.page.getByRole("checkbox", { name: "Keep me signed in on this tab" }).check();
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
