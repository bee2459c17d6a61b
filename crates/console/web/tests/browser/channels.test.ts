import { CODE, expect, test, until } from "./scene";
import { Office } from "./scene/office";

test("a messenger is connected, the handshake is seen as it happens, and people can write", async ({
  enter,
  messenger,
}) => {
  const ann = await messenger("Ann Lee");
  const office = await Office.enter(await enter("admin"));
  await office.liveChat("Support");
  await office.button("Connect a messenger").click();
  await office.dialog.getByText("Public URL of the company").waitFor();
  await office.fill("Name of the channel", "Staff chat");
  await office.fill("Webhook of the messenger", ann.webhook);
  await office.fill("Confirmation code", CODE);
  await office.press("Connect");
  await office.dialog.getByText("The request “connect” was sent").waitFor();
  await office.dialog.getByText(`POST ${ann.webhook}`).waitFor();
  await office.dialog.getByText("The messenger answered 200").waitFor();
  await office.dialog.getByText("Confirmed: the messenger proved that it knows the code").waitFor();
  expect(await office.dialog.innerText()).not.toContain(CODE);
  await office.press("Open the channel");
  await office.heading("Staff chat").waitFor();
  await office.main.getByText("Active", { exact: true }).waitFor();
  ann.say("Hello");
  await until("it is accepted", () => ann.accepted.length === 1);
});

test("why a messenger was not connected is said in words, with what to do", async ({
  enter,
  messenger,
}) => {
  const ann = await messenger("Ann Lee", "--refuse");
  const office = await Office.enter(await enter("admin"));
  await office.liveChat("Support");
  await office.button("Connect a messenger").click();
  await office.fill("Name of the channel", "Staff chat");
  await office.fill("Webhook of the messenger", ann.webhook);
  await office.fill("Confirmation code", CODE);
  await office.press("Connect");
  await office.dialog.getByText("The messenger answered 401", { exact: true }).waitFor();
  await office.dialog.getByText("Wrong confirmation code: the messenger answered 401.").waitFor();
  await office.dialog.getByText("Compare the code here").waitFor();
  await office.press("Change what is filled in");
  await office.fill("Webhook of the messenger", "http://10.1.2.3/hook");
  await office.press("Connect");
  await office.dialog.getByText("The address 10.1.2.3 is refused by the guard.").waitFor();
  await office.press("Change what is filled in");
  await ann.kill();
  await ann.start();
  await office.fill("Webhook of the messenger", ann.webhook);
  await office.press("Connect");
  await office.dialog.getByText("“Staff chat” is connected.").waitFor();
});

test("an account that has a channel is not connected again, and it is said where it is", async ({
  connect,
  enter,
  found,
}) => {
  const ann = await connect("Ann Lee");
  await found("Sales");
  const office = await Office.enter(await enter("admin"));
  await office.liveChat("Sales");
  await office.button("Connect a messenger").click();
  await office.fill("Name of the channel", "Again");
  await office.fill("Webhook of the messenger", ann.webhook);
  await office.fill("Confirmation code", CODE);
  await office.press("Connect");
  await office.dialog.getByText("connected to the live chat “Support”").waitFor();
});

test("a disconnected channel counts what it refuses; reconnected, it gets what waited", async ({
  connect,
  enter,
}) => {
  const ann = await connect("Ann Lee");
  const olga = await enter("olga");
  ann.say("Before");
  await olga.take("Ann Lee");
  const office = await Office.enter(await enter("admin"));
  await office.channel("Support", "Ann Lee's");
  await office.button(/^Disconnect/).click();
  await office.main.getByText("Disconnected", { exact: true }).waitFor();
  await until("the messenger is told", () => ann.told("disconnect").length === 1);
  ann.say("Meanwhile");
  await olga.send("From the desk");
  await office.main.getByText("Refused while disconnected").waitFor();
  await office.liveChat("Support");
  await office.main.getByText("1 message was refused").waitFor();
  await office.main.getByText("1 message waits for delivery").waitFor();
  expect(ann.received).toEqual([]);
  await office.button(/^Reconnect/).click();
  await office.dialog.getByText("The channel is active. What waited is being delivered.").waitFor();
  await olga.message("Meanwhile").waitFor();
  await olga.message("From the desk").getByText("Sent", { exact: true }).waitFor();
  expect(ann.received).toEqual(["From the desk"]);
});

test("while a code is rotated both are good, and it is shown until when", async ({
  connect,
  enter,
}) => {
  const ann = await connect("Ann Lee");
  const office = await Office.enter(await enter("admin"));
  await office.channel("Support", "Ann Lee's");
  await office.button("Rotate the code").click();
  await office.fill("Confirmation code", "open sesame, please");
  await office.finish("Rotate the code");
  await office.main.getByText("Two codes are good").waitFor();
  ann.say("With the old one");
  await until("it is accepted", () => ann.accepted.length === 1);
});

test("a test asks the messenger and changes nothing", async ({ connect, enter }) => {
  const ann = await connect("Ann Lee");
  const office = await Office.enter(await enter("admin"));
  await office.channel("Support", "Ann Lee's");
  await office.button("Test").click();
  await office.dialog.getByText("The test has changed nothing.").waitFor();
  await office.finish("Close");
  await ann.kill();
  await office.button("Test").click();
  await office.dialog.getByText("No connection to the messenger.").waitFor();
  await office.finish("Close");
  await office.main.getByText("Active", { exact: true }).waitFor();
});

test("a channel is renamed and deleted, which its messenger is told", async ({
  connect,
  enter,
}) => {
  const ann = await connect("Ann Lee");
  const office = await Office.enter(await enter("admin"));
  await office.liveChat("Support");
  await office.button("Rename: Ann Lee's").click();
  await office.fill("Name", "The lobby");
  await office.finish("Save");
  await office.button("Delete: The lobby").click();
  await office.finish("Delete");
  await office.main.getByText("No messenger is connected").waitFor();
  await until("the messenger is told", () => ann.told("disconnect").length === 1);
});

test("the delivery log has every attempt, and sends again one or all since a time", async ({
  connect,
  enter,
}) => {
  const ann = await connect("Ann Lee", "--fail", "422");
  const olga = await enter("olga");
  ann.say("Hello");
  await olga.take("Ann Lee");
  for (const text of ["First", "Second"]) {
    await olga.send(text);
    await olga.message(text).getByText("Not delivered").waitFor();
  }
  await ann.kill();
  await ann.start();
  const office = await Office.enter(await enter("admin"));
  await office.section("Deliveries");
  await office.row("422").first().waitFor();
  expect(await office.row("422").count()).toBe(2);
  // The newest is the first.
  await office.row("422").first().getByRole("button", { name: "Send again" }).click();
  await olga.message("Second").getByText("Sent", { exact: true }).waitFor();
  await office.button("Send again …").click();
  await office.finish("Send again");
  await olga.message("First").getByText("Not delivered").waitFor({ state: "hidden" });
  await until("both have come again", () => ann.received.length === 4);
  expect(ann.received).toEqual(["First", "Second", "Second", "First"]);
});
