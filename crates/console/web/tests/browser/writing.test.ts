import { expect, test } from "./scene";

test("a draft survives going to another session, and a reload", async ({ connect, visit }) => {
  const ann = await connect("Ann Lee");
  const bob = await connect("Bob Ray");
  const olga = await visit();
  await olga.page.getByRole("checkbox", { name: "Stay signed in on this tab" }).check();
  await olga.signIn("olga");
  await olga.caughtUp();
  ann.say("Hello");
  bob.say("Good morning");
  await olga.take("Ann Lee");
  await olga.answer.fill("I will look, and");
  await olga.take("Bob Ray");
  expect(await olga.answer.inputValue()).toBe("");
  await olga.view("Mine");
  await olga.row("Ann Lee").getByText("Draft: I will look, and").waitFor();
  await olga.open("Ann Lee");
  expect(await olga.answer.inputValue()).toBe("I will look, and");
  await olga.answer.fill("I will look, and tell you");
  await olga.page.reload();
  await olga.thread("Ann Lee").waitFor();
  expect(await olga.answer.inputValue()).toBe("I will look, and tell you");
});

test("a canned reply is found behind / and put into the answer", async ({
  admin,
  connect,
  enter,
  liveChat,
}) => {
  const replies = [
    { shortcut: "hours", text: "We are open from nine to five." },
    { shortcut: "hello", text: "Good day, how can I help?" },
  ];
  for (const reply of replies) await admin.ask("replies.create", { liveChat, ...reply });
  const ann = await connect("Ann Lee");
  const olga = await enter("olga");
  ann.say("When are you open?");
  await olga.take("Ann Lee");
  await olga.answer.pressSequentially("Hello! /h");
  const canned = olga.page.getByRole("listbox", { name: "Canned replies" });
  await canned.getByRole("option", { name: "/hello" }).waitFor();
  await olga.answer.pressSequentially("our");
  await canned.getByRole("option").filter({ hasText: "from nine to five" }).waitFor();
  await olga.answer.press("Enter");
  expect(await olga.answer.inputValue()).toBe("Hello! We are open from nine to five.");
  await olga.answer.press("Enter");
  await olga.message("from nine to five").getByText("Sent", { exact: true }).waitFor();
  expect(ann.received).toEqual(["Hello! We are open from nine to five."]);
});

test("a supervisor makes a canned reply, an operator has it and cannot change it", async ({
  connect,
  enter,
}) => {
  const ann = await connect("Ann Lee");
  const vera = await enter("vera");
  const olga = await enter("olga");
  ann.say("Hello");
  await vera.menu("Canned replies");
  await vera.dialog.getByRole("button", { name: "Add a reply" }).click();
  await vera.dialog.getByRole("textbox", { name: "Shortcut" }).fill("bye");
  await vera.dialog.getByRole("textbox", { name: "Text" }).fill("Have a nice day!");
  await vera.dialog.getByRole("button", { name: "Save" }).click();
  await vera.dialog.getByText("Have a nice day!").waitFor();
  await olga.take("Ann Lee");
  await olga.menu("Canned replies");
  await olga.dialog.getByText("Have a nice day!").waitFor();
  expect(await olga.dialog.getByRole("button", { name: "Edit" }).count()).toBe(0);
  await olga.page.keyboard.press("Escape");
  await olga.answer.fill("/bye");
  await olga.answer.press("Enter");
  await olga.answer.press("Enter");
  await olga.message("Have a nice day!").getByText("Sent", { exact: true }).waitFor();
});

test("Enter sends and Shift+Enter breaks the line, or the other way round", async ({
  connect,
  enter,
}) => {
  const ann = await connect("Ann Lee");
  const olga = await enter("olga");
  ann.say("Hello");
  await olga.take("Ann Lee");
  await olga.answer.fill("One");
  await olga.answer.press("Shift+Enter");
  await olga.answer.pressSequentially("two");
  await olga.answer.press("Enter");
  await olga.message("One").getByText("Sent", { exact: true }).waitFor();
  await olga.menu("Enter sends");
  await olga.answer.fill("Three");
  await olga.answer.press("Enter");
  await olga.answer.pressSequentially("four");
  await olga.answer.press("Control+Enter");
  await olga.message("Three").getByText("Sent", { exact: true }).waitFor();
  expect(ann.received).toEqual(["One\ntwo", "Three\nfour"]);
});
