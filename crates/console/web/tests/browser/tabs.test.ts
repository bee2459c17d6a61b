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
  const unloaded = await newTab(petr, broker);
  await unloaded.waitUntilLive();
  await unloaded.page.goto("about:blank");
  await second.menu("Sign out");
  await first.button("Sign in").waitFor();
  await unloaded.page.goto(broker.pageUrl);
  await unloaded.button("Sign in").waitFor();
  await first.page.reload();
  await first.button("Sign in").waitFor();
  await petr.waitUntilLive();
  const third = await newTab(petr, broker);
  await third.button("Sign in").waitFor();
});

test("signing out in one tab asks about the drafts of all, and discards them", async ({
  broker,
  takeSession,
}) => {
  const { olga: first } = await takeSession();
  const second = await newTab(first, broker);
  await second.signIn("olga");
  await second.waitUntilLive();
  await second.view("Mine");
  await second.open("Ann Lee");
  await second.reply.fill("I will look, and");
  await first.page.waitForFunction(() =>
    localStorage.getItem("switchboard.unsent.olga")?.includes("I will look"),
  );
  await first.menu("Sign out");
  await first.dialog.getByText("You have 1 draft.").waitFor();
  await first.button("Discard and sign out").click();
  for (const tab of [first, second]) await tab.button("Sign in").waitFor();
  await second.signIn("olga");
  await second.waitUntilLive();
  await second.view("Mine");
  await second.open("Ann Lee");
  expect(await second.reply.inputValue()).toBe("");
});
