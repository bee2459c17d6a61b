import { expect, test, until } from "./scene";
import { Wire } from "./scene/wire";

test("when the broker is killed nothing is lost, doubled or out of order", async ({
  connect,
  enter,
  house,
}) => {
  const ann = await connect("Ann Lee");
  const olga = await enter("olga", { complains: true });
  ann.say("One");
  await olga.take("Ann Lee");
  await olga.send("Two");
  await olga.message("Two").getByText("Sent", { exact: true }).waitFor();
  await house.kill("machine");
  await olga.connection.filter({ hasText: "Offline" }).waitFor();
  ann.say("Three", "Four");
  await olga.send("Five");
  await olga.send("Six");
  await olga.message("Five").getByText("Kept here until there is a connection").waitFor();
  await olga.sidebar.getByText("2 messages are kept here and will be sent.").waitFor();
  await house.start();
  await olga.caughtUp();
  for (const text of ["Three", "Four"]) await olga.message(text).waitFor();
  await olga.message("Six").getByText("Sent", { exact: true }).waitFor();
  const texts = await olga.texts();
  expect([...texts].sort()).toEqual(["Five", "Four", "One", "Six", "Three", "Two"]);
  expect(texts.filter((text) => ["Three", "Four"].includes(text))).toEqual(["Three", "Four"]);
  expect(ann.received).toEqual(["Two", "Five", "Six"]);
  await olga.page.reload();
  await olga.signIn("olga");
  await olga.message("Six").waitFor();
  expect(await olga.texts()).toEqual(texts);
});

test("a broker that is killed while its NATS lives on is said to be away", async ({
  connect,
  enter,
  house,
}) => {
  const ann = await connect("Ann Lee");
  const olga = await enter("olga", { complains: true });
  ann.say("One");
  await olga.take("Ann Lee");
  await house.kill("broker");
  await olga.send("Two");
  await olga
    .message("Two")
    .getByText(/Sending|Kept here/)
    .waitFor();
  await house.start();
  await olga.message("Two").getByText("Sent", { exact: true }).waitFor();
  await olga.caughtUp();
  expect(ann.received).toEqual(["Two"]);
  expect(await olga.texts()).toEqual(["One", "Two"]);
});

test("when the network is pulled the badge says so, and what was missed comes by itself", async ({
  connect,
  visit,
}) => {
  const ann = await connect("Ann Lee");
  const olga = await visit({ complains: true });
  const wire = await Wire.lay(olga.page);
  await olga.signIn("olga");
  await olga.caughtUp();
  ann.say("One");
  await olga.take("Ann Lee");
  wire.pull();
  ann.say("Two");
  await until("Two is accepted", () => ann.accepted.length === 2);
  await olga.send("Three");
  // Nothing tells the page but silence.
  await olga.connection.filter({ hasText: "Offline" }).waitFor();
  expect(await olga.message("Two").count()).toBe(0);
  await wire.plugIn();
  await olga.message("Three").getByText("Sent", { exact: true }).waitFor();
  await olga.caughtUp();
  expect(await olga.texts()).toEqual(["One", "Two", "Three"]);
  expect(ann.received).toEqual(["Three"]);
});

test("the badge shows the position that the log has", async ({ admin, connect, enter }) => {
  const ann = await connect("Ann Lee");
  const olga = await enter("olga");
  ann.say("One", "Two");
  await olga.take("Ann Lee");
  await olga.message("Two").waitFor();
  const shown = async () => {
    const text = await olga.sidebar
      .getByText(/^[\d,]+$/)
      .last()
      .innerText();
    return Number(text.replaceAll(",", ""));
  };
  await until("it is the broker's", async () => {
    const { position } = await admin.ask<{ position: number }>("me");
    return (await shown()) === position;
  });
});

test("who signs in while the broker is away is told that it cannot be reached", async ({
  house,
  liveChat,
  visit,
}) => {
  expect(liveChat).toBeTruthy();
  const olga = await visit({ complains: true });
  await house.kill("machine");
  await olga.signIn("olga");
  await olga.page.getByRole("alert").filter({ hasText: "cannot be reached" }).waitFor();
  await house.start();
  await olga.signIn("olga");
  await olga.caughtUp();
});
