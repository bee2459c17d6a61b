import { expect, test } from "./scene";

test("a wrong password is refused in words, the right one opens the desk", async ({
  liveChat,
  visit,
}) => {
  expect(liveChat).toBeTruthy();
  const desk = await visit();
  await desk.signIn("olga", "not her password");
  const alert = desk.page.getByRole("alert");
  await alert.filter({ hasText: "do not go together" }).waitFor();
  await desk.signIn("olga");
  await desk.caughtUp();
  await desk.sidebar.getByRole("heading", { name: "Olga Ivanova" }).waitFor();
});

test("who has signed out is out, and only the name is remembered", async ({ enter }) => {
  const desk = await enter("olga");
  await desk.menu("Sign out");
  const user = desk.page.getByRole("textbox", { name: "User name" });
  await user.waitFor();
  await desk.page.reload();
  await user.waitFor();
  expect(await user.inputValue()).toBe("olga");
  expect(await desk.page.getByLabel("Password", { exact: true }).inputValue()).toBe("");
});

test("who stays signed in on the tab is there after a reload, and nobody else", async ({
  visit,
  liveChat,
}) => {
  expect(liveChat).toBeTruthy();
  const desk = await visit();
  await desk.page.getByRole("checkbox", { name: "Stay signed in on this tab" }).check();
  await desk.signIn("olga");
  await desk.caughtUp();
  await desk.page.reload();
  await desk.caughtUp();
  const second = await desk.page.context().newPage();
  await second.goto(desk.page.url());
  await second.getByRole("button", { name: "Sign in" }).waitFor();
});
