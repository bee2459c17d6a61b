import { expect, test, until } from "./fixtures";

test("a message is taken, answered, and the reply is delivered exactly once", async ({
  takeSession,
}) => {
  const { ann, olga } = await takeSession("Is anybody there?", "--auto-receipts");
  await olga.message("Is anybody there?").waitFor();
  await olga.send("Yes, I am.");
  await olga.message("Yes, I am.").getByText("Read", { exact: true }).waitFor();
  expect(ann.received).toEqual(["Yes, I am."]);
  expect(await olga.texts()).toEqual(["Is anybody there?", "Yes, I am."]);
});

test("a message is shown as sent, delivered and read as receipts arrive", async ({ takeSession }) => {
  const { ann, olga } = await takeSession();
  await olga.send("Good day");
  const message = olga.message("Good day");
  await message.getByText("Sent", { exact: true }).waitFor();
  const messageId = ann.requests("message")[0]?.messageId;
  ann.say(JSON.stringify({ type: "messageStatus", data: { messageId, status: "delivered" } }));
  await message.getByText("Delivered", { exact: true }).waitFor();
  ann.say("/read");
  await message.getByText("Read", { exact: true }).waitFor();
});

test("a message waits and says so while the messenger is down", async ({ takeSession }) => {
  const { ann, olga } = await takeSession();
  await ann.kill();
  await olga.send("Still there?");
  const message = olga.message("Still there?");
  await message.getByText(/attempts? failed, next one/).waitFor();
  await ann.start();
  await message.getByText("Sent", { exact: true }).waitFor();
  expect(ann.received).toEqual(["Still there?"]);
});

test("a rejected message shows the reason and can be retried", async ({ takeSession }) => {
  const { ann, olga } = await takeSession("Hello", "--fail", "422");
  await olga.send("Take this");
  const message = olga.message("Take this");
  await message.getByText("Failed").waitFor();
  await message.getByText("the messenger answered 422").waitFor();
  await ann.kill();
  await ann.start();
  await message.getByRole("button", { name: "Retry" }).click();
  await message.getByText("Sent", { exact: true }).waitFor();
  // The first one was rejected.
  expect(ann.received).toEqual(["Take this", "Take this"]);
  const ids = ann.requests("message").map(({ messageId }) => messageId);
  expect(new Set(ids).size).toBe(1);
});

test("a message after closing opens a new session below the earlier one", async ({ takeSession }) => {
  const { ann, olga } = await takeSession("My first matter");
  await olga.deliver("Done");
  await olga.button("Close").click();
  await olga.view("Closed");
  await olga.row("Ann Lee").waitFor();
  ann.say("My second matter");
  await olga.view("Queue");
  await olga.open("Ann Lee");
  await olga.log.getByText("Olga Ivanova closed the conversation").waitFor();
  await olga.message("My first matter").waitFor();
  expect(await olga.texts()).toEqual(["My first matter", "Done", "My second matter"]);
});

test("scrolling up loads the earlier messages, complete and in order", async ({
  connect,
  signIn,
}) => {
  const ann = await connect("Ann Lee");
  const said = Array.from({ length: 120 }, (_, i) => `Line ${i + 1}.`);
  ann.say(...said);
  await until("everything is accepted", () => ann.accepted.length === said.length);
  const olga = await signIn("olga");
  await olga.open("Ann Lee");
  await olga.message("Line 120.").waitFor();
  expect(await olga.message("Line 1.").count()).toBe(0);
  await until("the beginning is in sight", async () => {
    await olga.log.press("Home");
    return olga.message("Line 1.").isVisible();
  });
  expect(await olga.texts()).toEqual(said);
});

test("a note is visible to colleagues and never sent to the messenger", async ({
  takeSession,
  signIn,
}) => {
  const { ann, olga } = await takeSession();
  const petr = await signIn("petr");
  await olga.button("Note").click();
  await olga.note.fill("She is a good customer");
  await olga.button("Add note").click();
  await olga.message("She is a good customer").getByText("internal note").waitFor();
  await olga.button("Reply").click();
  await olga.deliver("How can I help?");
  expect(ann.received).toEqual(["How can I help?"]);
  await petr.page.goto(olga.page.url());
  await petr.message("She is a good customer").waitFor();
});

test("a reply quotes a message, on the page and at the messenger", async ({ connect, signIn }) => {
  const ann = await connect("Ann Lee");
  const olga = await signIn("olga");
  ann.say("Do you open on Sunday?", "And where are you?");
  await olga.take("Ann Lee");
  const asked = olga.message("Do you open on Sunday?");
  await asked.hover();
  await asked.getByRole("button", { name: "Quote" }).click();
  await olga.send("From ten to four.");
  const answer = olga.message("From ten to four.");
  await answer.getByRole("blockquote").filter({ hasText: "Do you open on Sunday?" }).waitFor();
  await answer.getByText("Sent", { exact: true }).waitFor();
  expect(ann.requests("message")[0]?.replyTo).toBeTruthy();
  ann.say("/reply Thank you!");
  const thanks = olga.message("Thank you!").getByRole("blockquote");
  await thanks.filter({ hasText: "From ten to four." }).waitFor();
});

test("edits and deletions of a contact are shown", async ({ connect, signIn }) => {
  const ann = await connect("Ann Lee");
  const olga = await signIn("olga");
  ann.say("I want tow", "/edit I want two");
  await olga.open("Ann Lee");
  await olga.message("I want two").getByText("edited").waitFor();
  ann.say("Or none", "/delete");
  await olga.message("Message deleted").waitFor();
  expect(await olga.message("Or none").count()).toBe(0);
});
