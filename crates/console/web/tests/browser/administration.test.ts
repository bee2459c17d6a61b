import { PASSWORD, expect, test } from "./fixtures";
import { AdminPage } from "./fixtures/admin-page";

test("a live chat is created with its members, renamed, and deleted", async ({ signIn }) => {
  const adminPage = await AdminPage.open(await signIn("admin"));
  await adminPage.button("New live chat").first().click();
  await adminPage.fill("Name", "Returns");
  await adminPage.dialog.getByRole("checkbox", { name: "Petr Novak" }).check();
  await adminPage.submit("Create");
  await adminPage.section("Live chats");
  await adminPage.row("Returns").getByText("Petr Novak").waitFor();
  await adminPage.row("Returns").getByRole("button", { name: "Rename: Returns" }).click();
  await adminPage.fill("Name", "Refunds");
  await adminPage.submit("Save");
  await adminPage.row("Refunds").getByRole("button", { name: "Delete: Refunds" }).click();
  await adminPage.submit("Delete");
  await adminPage.row("Refunds").waitFor({ state: "hidden" });
});

test("a live chat with messengers is deleted only after an explicit choice", async ({
  connect,
  signIn,
}) => {
  await connect("Ann Lee");
  const adminPage = await AdminPage.open(await signIn("admin"));
  await adminPage.row("Support").getByRole("button", { name: "Delete: Support" }).click();
  await adminPage.dialog.getByText("1 messenger is connected and will be deleted too").waitFor();
  expect(
    await adminPage.dialog.getByRole("button", { name: "Delete", exact: true }).isDisabled(),
  ).toBe(true);
  await adminPage.press("Cancel");
  await adminPage.row("Support").waitFor();
});

test("a new member sees the live chat at once, and a removed one no longer does", async ({
  connect,
  signIn,
}) => {
  const ann = await connect("Ann Lee");
  const petr = await signIn("petr", { allowErrors: true });
  ann.say("Hello");
  await petr.row("Ann Lee").waitFor();
  const adminPage = await AdminPage.open(await signIn("admin"));
  await adminPage.liveChat("Support");
  await adminPage.main.getByRole("link", { name: "Members" }).click();
  const member = adminPage.main.getByRole("checkbox", { name: "Petr Novak" });
  await member.uncheck();
  await adminPage.button("Save").click();
  await petr.row("Ann Lee").waitFor({ state: "hidden" });
  await petr.waitUntilLive();
  await member.check();
  await adminPage.button("Save").click();
  await petr.row("Ann Lee").waitFor();
});

test("a user is created, signs in, gets a token that is shown once and revoked, and is disabled", async ({
  signIn,
  broker,
  openPage,
}) => {
  const adminPage = await AdminPage.open(await signIn("admin"));
  await adminPage.section("Users");
  await adminPage.button("New user").click();
  await adminPage.fill("User name", "zoe");
  await adminPage.fill("Display name", "Zoe Quist");
  await adminPage.fill("Password", PASSWORD);
  await adminPage.dialog.getByRole("checkbox", { name: "Operators" }).check();
  await adminPage.submit("Create");
  await adminPage.row("Zoe Quist").getByText("Operators").waitFor();
  const zoe = await openPage({ allowErrors: true });
  await zoe.signIn("zoe");
  await zoe.waitUntilLive();

  const act = async (name: string) => {
    await adminPage.row("Zoe Quist").getByRole("button", { name: "Actions: Zoe Quist" }).click();
    await adminPage.page.getByRole("menuitem", { name }).click();
  };
  await act("API tokens…");
  await adminPage.dialog.getByText("No API tokens").waitFor();
  await adminPage.fill("Name of the new token", "CRM export");
  await adminPage.press("Create token");
  await adminPage.dialog.getByText("It will not be shown again").waitFor();
  const token = await adminPage.dialog.locator("code").innerText();
  await (await broker.signIn("zoe", token)).close();
  await adminPage.submit("Close");

  await act("API tokens…");
  const listed = adminPage.dialog.getByRole("row").filter({ hasText: "CRM export" });
  await listed.waitFor();
  expect(await listed.getByText("Never").count()).toBe(0);
  await listed.getByRole("button", { name: "Revoke" }).click();
  await adminPage.dialog.getByText("Revoke “CRM export”?").waitFor();
  await adminPage.press("Revoke");
  await adminPage.dialog.getByText("No API tokens").waitFor();
  await adminPage.submit("Close");
  await zoe.waitUntilLive();

  await act("Disable");
  await adminPage.submit("Disable");
  await adminPage.row("Zoe Quist").getByText("Disabled").waitFor();
  await zoe.page.getByRole("alert").filter({ hasText: "your account was disabled" }).waitFor();
});

test("the audit log shows who did what in sentences", async ({ admin, signIn, liveChat }) => {
  await admin.request("live-chats.rename", { liveChat, name: "Support desk" });
  const adminPage = await AdminPage.open(await signIn("admin"));
  await adminPage.section("Audit log");
  await adminPage.main.getByText("Live chat renamed to “Support desk”").first().waitFor();
  await adminPage.main.getByText("User Olga Ivanova created. Groups: Operators").first().waitFor();
  await adminPage.main.getByRole("combobox", { name: "Object" }).selectOption("Support desk");
  await adminPage.main.getByText("User Olga Ivanova created").waitFor({ state: "hidden" });
  await adminPage.main.getByText("Live chat renamed to “Support desk”").waitFor();
});

test("a contact is erased only after typing the name, and then the messages are unreadable", async ({
  annAndOlga,
  signIn,
}) => {
  const { olga } = await annAndOlga("My secret");
  await olga.open("Ann Lee");
  await olga.message("My secret").waitFor();
  const adminPage = await AdminPage.open(await signIn("admin"));
  await adminPage.section("Contacts");
  await adminPage
    .row("Ann Lee")
    .getByRole("button", { name: /^Erase data/ })
    .click();
  const erase = adminPage.dialog.getByRole("button", { name: "Erase permanently" });
  expect(await erase.isDisabled()).toBe(true);
  await adminPage.fill("Type “Ann Lee” to confirm", "Ann Lee");
  await adminPage.submit("Erase permanently");
  await olga.page.reload();
  await olga.signIn("olga");
  await olga.log.getByText("Message erased at the contact's request").first().waitFor();
  expect(await olga.page.getByText("My secret").count()).toBe(0);
});
