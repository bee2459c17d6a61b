import { PASSWORD, expect, test } from "./scene";
import { Office } from "./scene/office";

test("a live chat is created with its members, renamed, and deleted", async ({ enter }) => {
  const office = await Office.enter(await enter("admin"));
  await office.button("New live chat").first().click();
  await office.fill("Name", "Returns");
  await office.dialog.getByRole("checkbox", { name: "Petr Novak" }).check();
  await office.finish("Create");
  await office.section("Live chats");
  await office.row("Returns").getByText("Petr Novak").waitFor();
  await office.row("Returns").getByRole("button", { name: "Rename: Returns" }).click();
  await office.fill("Name", "Refunds");
  await office.finish("Save");
  await office.row("Refunds").getByRole("button", { name: "Delete: Refunds" }).click();
  await office.finish("Delete");
  await office.row("Refunds").waitFor({ state: "hidden" });
});

test("a live chat with messengers is deleted only when that is said", async ({
  connect,
  enter,
}) => {
  await connect("Ann Lee");
  const office = await Office.enter(await enter("admin"));
  await office.row("Support").getByRole("button", { name: "Delete: Support" }).click();
  await office.dialog.getByText("It still has 1 messenger").waitFor();
  expect(
    await office.dialog.getByRole("button", { name: "Delete", exact: true }).isDisabled(),
  ).toBe(true);
  await office.press("Cancel");
  await office.row("Support").waitFor();
});

test("whoever becomes a member sees the live chat at once, whoever leaves it does not", async ({
  connect,
  enter,
}) => {
  const ann = await connect("Ann Lee");
  const petr = await enter("petr", { complains: true });
  ann.say("Hello");
  await petr.row("Ann Lee").waitFor();
  const office = await Office.enter(await enter("admin"));
  await office.liveChat("Support");
  await office.main.getByRole("link", { name: "Members" }).click();
  const member = office.main.getByRole("checkbox", { name: "Petr Novak" });
  await member.uncheck();
  await office.button("Save").click();
  await petr.row("Ann Lee").waitFor({ state: "hidden" });
  await petr.caughtUp();
  await member.check();
  await office.button("Save").click();
  await petr.row("Ann Lee").waitFor();
});

test("a user is created, signs in, gets a token that is shown once, and is disabled", async ({
  enter,
  house,
  visit,
}) => {
  const office = await Office.enter(await enter("admin"));
  await office.section("Users");
  await office.button("New user").click();
  await office.fill("Login", "zoe");
  await office.fill("Name", "Zoe Quist");
  await office.fill("Password", PASSWORD);
  await office.dialog.getByRole("checkbox", { name: "Operators" }).check();
  await office.finish("Create");
  await office.row("Zoe Quist").getByText("Operators").waitFor();
  const zoe = await visit({ complains: true });
  await zoe.signIn("zoe");
  await zoe.caughtUp();

  const act = async (name: string) => {
    await office.row("Zoe Quist").getByRole("button", { name: "Actions: Zoe Quist" }).click();
    await office.page.getByRole("menuitem", { name }).click();
  };
  await act("API token …");
  await office.press("Issue a token");
  await office.dialog.getByText("It is shown this once").waitFor();
  const token = await office.dialog.locator("code").innerText();
  await (await house.signIn("zoe", token)).close();
  await office.finish("Close");

  await act("Disable");
  await office.finish("Disable");
  await office.row("Zoe Quist").getByText("disabled").waitFor();
  await zoe.connection.filter({ hasText: "does not accept the sign-in" }).waitFor();
});

test("the audit trail says in sentences who did what", async ({ admin, enter, liveChat }) => {
  await admin.ask("live-chats.rename", { liveChat, name: "Support desk" });
  const office = await Office.enter(await enter("admin"));
  await office.section("Audit trail");
  await office.main.getByText("A live chat was renamed to “Support desk”").first().waitFor();
  await office.main.getByText("User Olga Ivanova was created. Groups: Operators").first().waitFor();
  await office.main.getByRole("combobox", { name: "To what" }).selectOption("Support desk");
  await office.main.getByText("User Olga Ivanova was created").waitFor({ state: "hidden" });
  await office.main.getByText("A live chat was renamed to “Support desk”").waitFor();
});

test("a person is forgotten only when the name is typed, and then nobody reads the words", async ({
  connect,
  enter,
}) => {
  const ann = await connect("Ann Lee");
  const olga = await enter("olga");
  ann.say("My secret");
  await olga.open("Ann Lee");
  await olga.message("My secret").waitFor();
  const office = await Office.enter(await enter("admin"));
  await office.section("People");
  await office
    .row("Ann Lee")
    .getByRole("button", { name: /^Forget/ })
    .click();
  const forget = office.dialog.getByRole("button", { name: "Forget for good" });
  expect(await forget.isDisabled()).toBe(true);
  await office.fill("Type “Ann Lee” to confirm", "Ann Lee");
  await office.finish("Forget for good");
  await olga.page.reload();
  await olga.signIn("olga");
  await olga.log.getByText("this person was forgotten").first().waitFor();
  expect(await olga.page.getByText("My secret").count()).toBe(0);
});
