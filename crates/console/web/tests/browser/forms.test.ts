import { CODE, expect, test } from "./fixtures";
import { AdminPage } from "./fixtures/admin-page";

const focused = ({ page }: AdminPage) =>
  page.evaluate(() => (document.activeElement as HTMLInputElement).labels?.[0]?.textContent);

test("a dialog with a form focuses its first field", async ({ signIn }) => {
  const adminPage = await AdminPage.open(await signIn("admin"));
  await adminPage.button("New live chat").first().click();
  await adminPage.dialog.waitFor();
  expect(await focused(adminPage)).toBe("Name");
  await adminPage.submit("Cancel");
  await adminPage.section("Users");
  await adminPage.button("New user").click();
  await adminPage.dialog.waitFor();
  expect(await focused(adminPage)).toBe("User name");
  await adminPage.dialog.getByText("Visible to colleagues and customers.").waitFor();
});

test("a corrected code also corrects the security that is based on it", async ({
  admin,
  messenger,
  signIn,
}) => {
  const ann = await messenger("Ann Lee");
  const adminPage = await AdminPage.open(await signIn("admin"));
  await adminPage.liveChat("Support");
  await adminPage.button("Connect messenger").click();
  await adminPage.fill("Channel name", "Staff chat");
  await adminPage.fill("Webhook of the messenger", ann.webhook);
  await adminPage.press("Generate");
  await adminPage.press("Connect");
  await adminPage.dialog.getByText("Response: 401", { exact: true }).waitFor();
  await adminPage.press("Edit");
  await adminPage.fill("Confirmation code", CODE);
  await adminPage.press("Connect");
  await adminPage.dialog.getByText("“Staff chat” is connected.").waitFor();
  const { channels } = await admin.request<{ channels: { security: string }[] }>("channels.list");
  expect(channels.map(({ security }) => security)).toEqual(["token"]);
});

test("a search without a result says what it searches", async ({ signIn }) => {
  const olga = await signIn("olga");
  await olga.page.getByRole("searchbox", { name: "Search" }).fill("nobody");
  await olga.sidebar.getByText("names, phone numbers, IDs and the last message").waitFor();
});
