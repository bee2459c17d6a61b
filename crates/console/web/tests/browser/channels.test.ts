import { CODE, expect, test, until } from "./fixtures";
import { AdminPage } from "./fixtures/admin-page";

test("connecting a messenger shows the handshake, and then people can write", async ({
  signIn,
  messenger,
}) => {
  const ann = await messenger("Ann Lee");
  const adminPage = await AdminPage.open(await signIn("admin"));
  await adminPage.liveChat("Support");
  await adminPage.button("Connect messenger").click();
  await adminPage.dialog.getByText("Public base URL").waitFor();
  await adminPage.fill("Channel name", "Staff chat");
  await adminPage.fill("Webhook of the messenger", ann.webhook);
  await adminPage.fill("Confirmation code", CODE);
  await adminPage.press("Connect");
  await adminPage.dialog.getByText("“connect” request", { exact: true }).waitFor();
  await adminPage.dialog.getByText(`POST ${ann.webhook}`).waitFor();
  await adminPage.dialog.getByText("Response: 200").waitFor();
  await adminPage.dialog.getByText("Verified: the messenger knows the code").waitFor();
  expect(await adminPage.dialog.innerText()).not.toContain(CODE);
  await adminPage.press("Open channel");
  await adminPage.heading("Staff chat").waitFor();
  await adminPage.main.getByText("Active", { exact: true }).waitFor();
  ann.say("Hello");
  await until("it is accepted", () => ann.accepted.length === 1);
});

test("a failed connection shows the reason and what to do", async ({ signIn, messenger }) => {
  const ann = await messenger("Ann Lee", "--refuse");
  const adminPage = await AdminPage.open(await signIn("admin"));
  await adminPage.liveChat("Support");
  await adminPage.connectMessenger("Staff chat", ann.webhook);
  await adminPage.dialog.getByText("Response: 401", { exact: true }).waitFor();
  await adminPage.dialog.getByText("Wrong confirmation code: the messenger answered 401.").waitFor();
  await adminPage.dialog.getByText("Compare this code").waitFor();
  await adminPage.press("Edit");
  await adminPage.fill("Webhook of the messenger", "http://10.1.2.3/hook");
  await adminPage.press("Connect");
  await adminPage.dialog.getByText(/The address 10\.1\.2\.3 .*not allowed/).waitFor();
  await adminPage.press("Edit");
  await ann.kill();
  await ann.start();
  await adminPage.fill("Webhook of the messenger", ann.webhook);
  await adminPage.press("Connect");
  await adminPage.dialog.getByText("“Staff chat” is connected.").waitFor();
});

test("an account cannot be connected twice, and the error names its live chat", async ({
  connect,
  signIn,
  createLiveChat,
}) => {
  const ann = await connect("Ann Lee");
  await createLiveChat("Sales");
  const adminPage = await AdminPage.open(await signIn("admin"));
  await adminPage.liveChat("Sales");
  await adminPage.connectMessenger("Again", ann.webhook);
  await adminPage.dialog.getByText("already connected to the live chat “Support”").waitFor();
});

test("a disconnected channel counts rejected messages; after reconnecting, queued ones are delivered", async ({
  takeSession,
  signIn,
}) => {
  const { ann, olga } = await takeSession("Before");
  const adminPage = await AdminPage.open(await signIn("admin"));
  await adminPage.channel("Support", "Ann Lee's");
  await adminPage.button(/^Disconnect/).click();
  await adminPage.dialog.getByText("what people write is rejected").waitFor();
  await adminPage.submit("Disconnect");
  await adminPage.main.getByText("Disconnected", { exact: true }).waitFor();
  await until("the messenger is notified", () => ann.requests("disconnect").length === 1);
  ann.say("Meanwhile");
  await olga.send("From the desk");
  await adminPage.main.getByText("Rejected while disconnected").waitFor();
  await adminPage.liveChat("Support");
  await adminPage.main.getByText("1 message rejected").waitFor();
  await adminPage.main.getByText("1 message queued").waitFor();
  expect(ann.received).toEqual([]);
  await adminPage.button(/^Reconnect/).click();
  await adminPage.dialog.getByText("The channel is active. Queued messages are being delivered.").waitFor();
  await olga.message("Meanwhile").waitFor();
  await olga.waitUntilSent("From the desk");
  expect(ann.received).toEqual(["From the desk"]);
});

test("after a rotation both codes are valid, and the page shows until when", async ({
  connect,
  signIn,
}) => {
  const ann = await connect("Ann Lee");
  const adminPage = await AdminPage.open(await signIn("admin"));
  await adminPage.channel("Support", "Ann Lee's");
  await adminPage.button("Rotate code").click();
  await adminPage.fill("Confirmation code", "open sesame, please");
  await adminPage.submit("Rotate code");
  await adminPage.main.getByText("Two codes are valid").waitFor();
  ann.say("With the old one");
  await until("it is accepted", () => ann.accepted.length === 1);
});

test("testing a channel does not change it", async ({ connect, signIn }) => {
  const ann = await connect("Ann Lee");
  const adminPage = await AdminPage.open(await signIn("admin"));
  await adminPage.channel("Support", "Ann Lee's");
  await adminPage.button("Test").click();
  await adminPage.dialog.getByText("The channel was not changed.").waitFor();
  await adminPage.submit("Close");
  await ann.kill();
  await adminPage.button("Test").click();
  await adminPage.dialog.getByText("Cannot connect to").waitFor();
  await adminPage.submit("Close");
  await adminPage.main.getByText("Active", { exact: true }).waitFor();
});

test("a channel is renamed and deleted, and the messenger is notified", async ({
  connect,
  signIn,
}) => {
  const ann = await connect("Ann Lee");
  const adminPage = await AdminPage.open(await signIn("admin"));
  await adminPage.liveChat("Support");
  await adminPage.button("Rename: Ann Lee's").click();
  await adminPage.fill("Name", "The lobby");
  await adminPage.submit("Save");
  await adminPage.button("Delete: The lobby").click();
  await adminPage.submit("Delete");
  await adminPage.main.getByText("No messengers connected").waitFor();
  await until("the messenger is notified", () => ann.requests("disconnect").length === 1);
});

test("the delivery log shows the outcome of messages, and a row opens a message and its attempts", async ({
  takeSession,
  signIn,
}) => {
  const { ann, olga } = await takeSession("Hello", "--fail", "422");
  for (const text of ["First", "Second"]) {
    await olga.send(text);
    await olga.message(text).getByText("Failed").waitFor();
  }
  await ann.kill();
  await ann.start();
  const adminPage = await AdminPage.open(await signIn("admin"));
  await adminPage.section("Deliveries");
  await adminPage.row("422").first().waitFor();
  expect(await adminPage.row("422").count()).toBe(2);
  await adminPage.row("Second").getByText("Ann Lee", { exact: true }).waitFor();
  await adminPage.row("Second").getByRole("button", { name: "Retry" }).click();
  await olga.waitUntilSent("Second");
  await adminPage.button("Refresh").click();
  const delivered = adminPage.row("Second");
  await delivered.getByText("Sent", { exact: true }).waitFor();
  expect(await delivered.count(), "each message once").toBe(1);
  expect(await delivered.getByText("422").count()).toBe(0);
  await delivered.getByRole("button", { name: "Second" }).click();
  await adminPage.dialog.getByRole("heading", { name: "Ann Lee" }).waitFor();
  await adminPage.dialog.getByText("Second").waitFor();
  await adminPage.dialog.getByRole("cell", { name: /^422\b/ }).waitFor();
  await adminPage.dialog.getByRole("cell", { name: /^200\b/ }).waitFor();
  await adminPage.dialog.getByRole("button", { name: "Close" }).click();
  await adminPage.main.getByRole("combobox", { name: "Status" }).selectOption("Failed");
  await adminPage.row("Second").waitFor({ state: "hidden" });
  await adminPage.row("First").waitFor();
  await adminPage.main.getByRole("combobox", { name: "Status" }).selectOption("All statuses");
  await adminPage.button("Retry all…").click();
  await adminPage.submit("Retry");
  await olga.message("First").getByText("Failed").waitFor({ state: "hidden" });
  await until("both have come again", () => ann.received.length === 4);
  expect(ann.received).toEqual(["First", "Second", "Second", "First"]);
});
