import { expect, test } from "./fixtures";
import { AdminPage } from "./fixtures/admin-page";

test("the first administrator is led from an empty workspace to the first message", async ({
  admin,
  messenger,
  openPage,
}) => {
  expect(admin.login).toBe("admin");
  const page = await openPage();
  await page.page.setViewportSize({ width: 390, height: 844 });
  await page.signIn("admin");
  const main = page.page.getByRole("main");
  const step = main.locator("[aria-current=step]");
  const list = main.getByRole("region", { name: "Set up Switchboard" });
  await step.getByText("Create a live chat").waitFor();
  expect(await page.page.getByText("Ask an administrator").count()).toBe(0);
  await page.page.setViewportSize({ width: 1280, height: 800 });
  await step.getByRole("link", { name: "Create a live chat" }).click();

  const adminPage = await AdminPage.opened(page);
  await adminPage.button("New live chat").first().click();
  await adminPage.fill("Name", "Support");
  await adminPage.submit("Create");
  await adminPage.section("Live chats");
  await step.getByRole("link", { name: "Add people" }).click();
  await main.getByRole("checkbox", { name: "Olga Ivanova" }).check();
  await adminPage.button("Save").click();
  await page.page.getByText("Members saved").waitFor();

  await page.button("Back to conversations").click();
  await step.getByRole("link", { name: "Connect a messenger" }).click();
  const ann = await messenger("Ann Lee");
  await adminPage.connectMessenger("Website", ann.webhook);
  await adminPage.dialog.getByText("“Website” is connected.").waitFor();
  await adminPage.press("Close");

  await page.button("Back to conversations").click();
  await step.getByText("Send a test message").waitFor();
  ann.say("Hello");
  await page.row("Ann Lee").waitFor();
  await list.waitFor({ state: "hidden" });
});
