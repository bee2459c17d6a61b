import { PASSWORD, expect, test } from "./fixtures";
import type { Broker } from "./fixtures";
import { OperatorPage } from "./fixtures/operator-page";

const stayIn = async (desk: OperatorPage, user: string) => {
  await desk.page.getByRole("checkbox", { name: "Keep me signed in" }).check();
  await desk.signIn(user);
  await desk.waitUntilLive();
};

/** Opens a tab of the same browser and waits for what it shows. */
async function newTab(desk: OperatorPage, broker: Broker): Promise<OperatorPage> {
  const tab = new OperatorPage(await desk.page.context().newPage());
  await tab.page.goto(broker.pageUrl);
  return tab;
}

test("a reload never signs a tab in as the user of another tab", async ({
  broker,
  liveChat,
  openPage,
}) => {
  expect(liveChat).toBeTruthy();
  const first = await openPage();
  const second = await newTab(first, broker);
  await second.button("Sign in").waitFor();
  await stayIn(first, "olga");
  await second.signIn("petr", PASSWORD);
  await second.waitUntilLive();
  await second.page.reload();
  await second.button("Sign in").waitFor();
  await second.signIn("petr", PASSWORD);
  await second.waitUntilLive();
  await second.menu("Sign out");
  await second.button("Sign in").waitFor();
  await second.page.reload();
  await second.button("Sign in").waitFor();
  await first.waitUntilLive();
});

test("signing out ends the session of the user in all tabs, and of nobody else", async ({
  broker,
  liveChat,
  openPage,
}) => {
  expect(liveChat).toBeTruthy();
  const petr = await openPage();
  await petr.signIn("petr");
  await petr.waitUntilLive();
  const first = await newTab(petr, broker);
  await stayIn(first, "olga");
  const second = await newTab(petr, broker);
  await second.waitUntilLive();
  await second.menu("Sign out");
  await first.button("Sign in").waitFor();
  await first.page.reload();
  await first.button("Sign in").waitFor();
  await petr.waitUntilLive();
  const third = await newTab(petr, broker);
  await third.button("Sign in").waitFor();
});
