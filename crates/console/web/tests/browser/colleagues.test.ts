import { expect, test, until } from "./fixtures";
import { Network } from "./fixtures/network";

test("when two operators take a session, one gets it and the other sees who", async ({
  connect,
  signIn,
  openPage,
}) => {
  const ann = await connect("Ann Lee");
  const olga = await signIn("olga");
  const petr = await openPage();
  const network = await Network.intercept(petr.page);
  await petr.signIn("petr");
  await petr.waitUntilLive();
  ann.say("Hello");
  await olga.open("Ann Lee");
  await petr.open("Ann Lee");
  // Petr does not see that Olga took it until he has tried.
  network.hold();
  await olga.button("Assign to me").click();
  await olga.thread("Ann Lee").getByText("Assigned to you").waitFor();
  await petr.button("Assign to me").click();
  network.release();
  await petr.page.getByText("already assigned to Olga Ivanova").waitFor();
  await petr.thread("Ann Lee").getByText("Assigned to Olga Ivanova").waitFor();
  await olga.deliver("I am Olga.");
  expect(await petr.reply.count()).toBe(0);
});

test("a session is transferred with a note that the next operator reads", async ({
  takeSession,
  signIn,
}) => {
  const { ann, olga } = await takeSession("I want my money back");
  const petr = await signIn("petr");
  await olga.button("Transfer").click();
  await olga.dialog.getByRole("combobox", { name: "To" }).fill("petr");
  await olga.dialog.getByRole("option", { name: "Petr Novak" }).click();
  await olga.dialog.getByRole("textbox", { name: "Note" }).fill("She has waited a week");
  await olga.dialog.getByRole("button", { name: "Transfer" }).click();
  await olga.thread("Ann Lee").getByText("Assigned to Petr Novak").waitFor();
  await petr.view("Mine");
  await petr.open("Ann Lee");
  await petr.message("She has waited a week").waitFor();
  await petr.log.getByText("Olga Ivanova transferred the conversation to Petr Novak").waitFor();
  await petr.deliver("I will handle it.");
  expect(ann.received).toEqual(["I will handle it."]);
});

test("a session that is returned to the queue can be taken by others", async ({
  takeSession,
  signIn,
}) => {
  const { olga } = await takeSession();
  const petr = await signIn("petr");
  await olga.button("Transfer").click();
  await olga.dialog.getByRole("option", { name: "Return to queue" }).click();
  await olga.dialog.getByRole("button", { name: "Transfer" }).click();
  await petr.take("Ann Lee");
  await petr.log.getByText("Olga Ivanova returned the conversation to the queue").waitFor();
});

test("typing is shown to the contact, the operator and colleagues", async ({
  takeSession,
  signIn,
}) => {
  const { ann, olga } = await takeSession();
  const petr = await signIn("petr");
  await olga.view("Mine");
  await olga.open("Ann Lee");
  ann.say("/typing");
  await olga.page.getByText("Ann Lee is typing").waitFor();
  await olga.row("Ann Lee").filter({ hasText: "typing…" }).waitFor();
  await petr.page.goto(olga.page.url());
  await petr.thread("Ann Lee").waitFor();
  await olga.reply.pressSequentially("Let me see");
  await petr.page.getByText("Olga Ivanova is replying").waitFor();
  await until("the messenger shows it", () => ann.requests("typing").length > 0);
});

test("colleagues see who is viewing a session, in the thread and in the list", async ({
  annAndOlga,
  signIn,
}) => {
  const { olga } = await annAndOlga("Hello");
  const petr = await signIn("petr");
  await olga.open("Ann Lee");
  await petr.row("Ann Lee").getByText("Viewed by").waitFor();
  await petr.row("Ann Lee").getByText("Olga Ivanova").waitFor();
  await petr.open("Ann Lee");
  await petr.page.getByText("Olga Ivanova is viewing this").waitFor();
});

test("a supervisor sees all assigned sessions, an operator only their own", async ({
  takeSession,
  signIn,
}) => {
  const { olga } = await takeSession();
  const vera = await signIn("vera");
  await vera.view("All");
  await vera.row("Ann Lee").filter({ hasText: "· Olga Ivanova" }).waitFor();
  expect(await olga.tab("All").count()).toBe(0);
});

test("an operator starts a session if the messenger allows it", async ({ takeSession }) => {
  const { ann, olga } = await takeSession();
  await olga.close();
  await olga.menu("New conversation");
  await olga.dialog.getByRole("combobox", { name: "To" }).fill("ann");
  await olga.dialog.getByRole("option", { name: "Ann Lee" }).click();
  await olga.dialog.getByRole("textbox", { name: "First message" }).fill("One more thing");
  await olga.dialog.getByRole("button", { name: "Start", exact: true }).click();
  await olga.waitUntilSent("One more thing");
  await olga.view("Mine");
  await olga.row("Ann Lee").waitFor();
  expect(ann.received).toEqual(["One more thing"]);
});

test("an operator cannot start a session if the messenger does not allow it", async ({
  minimalMessenger,
  signIn,
  broker,
}) => {
  const olga = await signIn("olga");
  await minimalMessenger.say("carl", "Hello");
  await olga.row("carl").waitFor();
  await olga.menu("New conversation");
  await olga.dialog.getByText("No channel supports this").waitFor();
  // The broker refuses it too, not only the page.
  const client = await broker.signIn("olga");
  const { channels } = await client.request<{ channels: { id: string }[] }>("channels.list");
  const whom = { channel: channels[0]?.id, externalChatId: "dora", externalUserId: "dora" };
  await expect(client.request("sessions.create", whom)).rejects.toThrow("not_enabled");
  await client.close();
});
