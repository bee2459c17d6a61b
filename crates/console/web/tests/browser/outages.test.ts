import { expect, test, until } from "./fixtures";
import { Network } from "./fixtures/network";

test("killing the broker loses, duplicates and reorders nothing", async ({
  connect,
  signIn,
  broker,
}) => {
  const ann = await connect("Ann Lee");
  const olga = await signIn("olga", { allowErrors: true });
  ann.say("One");
  await olga.take("Ann Lee");
  await olga.deliver("Two");
  await broker.kill("machine");
  await olga.connection.filter({ hasText: "Reconnecting" }).waitFor();
  ann.say("Three", "Four");
  await olga.send("Five");
  await olga.send("Six");
  await olga.message("Five").getByText("Waiting for the connection").waitFor();
  await olga.connection.filter({ hasText: "Reconnecting, 2 messages will be sent" }).waitFor();
  await broker.start();
  await olga.waitUntilLive();
  for (const text of ["Three", "Four"]) await olga.message(text).waitFor();
  await olga.waitUntilSent("Six");
  const texts = await olga.texts();
  expect([...texts].sort()).toEqual(["Five", "Four", "One", "Six", "Three", "Two"]);
  expect(texts.filter((text) => ["Three", "Four"].includes(text))).toEqual(["Three", "Four"]);
  expect(ann.received).toEqual(["Two", "Five", "Six"]);
  await olga.page.reload();
  await olga.signIn("olga");
  await olga.message("Six").waitFor();
  expect(await olga.texts()).toEqual(texts);
});

test("messages are kept while the broker is down and NATS is up", async ({
  connect,
  signIn,
  broker,
}) => {
  const ann = await connect("Ann Lee");
  const olga = await signIn("olga", { allowErrors: true });
  ann.say("One");
  await olga.take("Ann Lee");
  await broker.kill("broker");
  await olga.send("Two");
  await olga
    .message("Two")
    .getByText(/Sending|Waiting for the connection/)
    .waitFor();
  await broker.start();
  await olga.waitUntilSent("Two");
  await olga.waitUntilLive();
  expect(ann.received).toEqual(["Two"]);
  expect(await olga.texts()).toEqual(["One", "Two"]);
});

test("the status shows a lost network, and missed messages arrive when it is back", async ({
  connect,
  openPage,
}) => {
  const ann = await connect("Ann Lee");
  const olga = await openPage({ allowErrors: true });
  const network = await Network.intercept(olga.page);
  await olga.signIn("olga");
  await olga.waitUntilLive();
  ann.say("One");
  await olga.take("Ann Lee");
  network.cut();
  ann.say("Two");
  await until("Two is accepted", () => ann.accepted.length === 2);
  await olga.send("Three");
  // The page notices by missing pings.
  await olga.connection.filter({ hasText: "Reconnecting" }).waitFor();
  expect(await olga.message("Two").count()).toBe(0);
  await network.restore();
  await olga.waitUntilSent("Three");
  await olga.waitUntilLive();
  expect(await olga.texts()).toEqual(["One", "Two", "Three"]);
  expect(ann.received).toEqual(["Three"]);
});

test("signing in while the broker is down shows that it cannot be reached", async ({
  broker,
  liveChat,
  openPage,
}) => {
  expect(liveChat).toBeTruthy();
  const olga = await openPage({ allowErrors: true });
  await broker.kill("machine");
  await olga.signIn("olga");
  await olga.page.getByRole("alert").filter({ hasText: "Cannot reach the server" }).waitFor();
  await broker.start();
  await olga.signIn("olga");
  await olga.waitUntilLive();
});
