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

test("a stopped nats-server is noticed each time, and the page comes back", async ({
  broker,
  connect,
  signIn,
}) => {
  const ann = await connect("Ann Lee");
  const olga = await signIn("olga", { allowErrors: true });
  for (const text of ["One", "Two", "Three"]) {
    broker.pauseNats(true);
    await olga.connection.filter({ hasText: "Reconnecting" }).waitFor();
    broker.pauseNats(false);
    await olga.waitUntilLive();
    ann.say(text);
    await olga.row("Ann Lee").getByText(text).waitFor();
  }
});

test("a tab that stays signed in keeps trying after a reload, and tells what it missed", async ({
  connect,
  openPage,
}) => {
  const ann = await connect("Ann Lee");
  const olga = await openPage({ allowErrors: true });
  const network = await Network.intercept(olga.page);
  await olga.page.getByRole("checkbox", { name: "Keep me signed in" }).check();
  await olga.signIn("olga");
  await olga.waitUntilLive();
  network.cut();
  await olga.page.reload();
  const status = olga.page.getByRole("status");
  await status.filter({ hasText: "Connecting" }).waitFor();
  await network.close();
  await status.filter({ hasText: "Reconnecting" }).waitFor();
  ann.say("Are you there?");
  await network.restore();
  await olga.waitUntilLive();
  await olga.row("Ann Lee").waitFor();
  await until("the title says so", async () => (await olga.page.title()) === "(1) Switchboard");
});

test("dialogs and the administration open while the broker is down", async ({
  broker,
  liveChat,
  openPage,
}) => {
  expect(liveChat).toBeTruthy();
  const admin = await openPage({ allowErrors: true });
  await admin.signIn("admin");
  await admin.waitUntilLive();
  // The last part that is loaded after sign-in.
  await admin.page.waitForFunction(() =>
    performance.getEntriesByType("resource").some(({ name }) => name.includes("/Admin-")),
  );
  await broker.kill("machine");
  await admin.connection.filter({ hasText: "Reconnecting" }).waitFor();
  await admin.page.keyboard.press("Control+k");
  const field = admin.dialog.getByRole("combobox");
  await field.waitFor();
  const style = (element: Element) => getComputedStyle(element).borderTopWidth;
  expect(await field.evaluate(style)).toBe("0px");
  await field.fill("administration");
  await field.press("Enter");
  await admin.page.getByRole("heading", { name: "Live chats", exact: true }).waitFor();
  await broker.start();
});

test("a part of the page that could not be loaded is loaded again", async ({ liveChat, openPage }) => {
  expect(liveChat).toBeTruthy();
  const admin = await openPage({ allowErrors: true });
  await admin.page.route("**/Admin-*", (route) => route.abort());
  await admin.signIn("admin");
  await admin.waitUntilLive();
  await admin.menu("Administration");
  await admin.page.getByText("This part of the page could not be loaded").waitFor();
  await admin.page.unroute("**/Admin-*");
  await admin.button("Retry").click();
  await admin.page.getByRole("heading", { name: "Live chats", exact: true }).waitFor();
});
