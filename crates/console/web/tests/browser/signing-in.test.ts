import { expect, test } from "./fixtures";

test("a wrong password shows an error, the right one signs in", async ({ liveChat, openPage }) => {
  expect(liveChat).toBeTruthy();
  const desk = await openPage();
  await desk.signIn("olga", "not her password");
  const alert = desk.page.getByRole("alert");
  await alert.filter({ hasText: "Wrong user name or password" }).waitFor();
  await desk.signIn("olga");
  await desk.waitUntilLive();
  await desk.sidebar.getByRole("heading", { name: "Olga Ivanova" }).waitFor();
});

test("after signing out only the user name is remembered", async ({ signIn }) => {
  const desk = await signIn("olga");
  await desk.menu("Sign out");
  const user = desk.page.getByRole("textbox", { name: "User name" });
  await user.waitFor();
  await desk.page.reload();
  await user.waitFor();
  expect(await user.inputValue()).toBe("olga");
  expect(await desk.page.getByLabel("Password", { exact: true }).inputValue()).toBe("");
});

test("a tab can stay signed in after a reload, and new tabs are signed in then", async ({
  openPage,
  liveChat,
}) => {
  expect(liveChat).toBeTruthy();
  const desk = await openPage();
  await desk.signIn("olga");
  await desk.waitUntilLive();
  const signInForm = await desk.page.context().newPage();
  await signInForm.goto(desk.page.url());
  await signInForm.getByRole("button", { name: "Sign in" }).waitFor();
  await desk.page.reload();
  await desk.page.getByRole("checkbox", { name: "Keep me signed in on this tab" }).check();
  await desk.signIn("olga");
  await desk.waitUntilLive();
  await desk.page.reload();
  await desk.waitUntilLive();
  const second = await desk.page.context().newPage();
  await second.goto(desk.page.url());
  await second.getByRole("heading", { name: "Olga Ivanova" }).waitFor();
});
