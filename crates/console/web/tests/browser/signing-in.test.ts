import { PASSWORD, expect, test } from "./fixtures";

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
  await desk.page.getByText("until you close it, and gives it to new tabs").waitFor();
  await desk.page.getByRole("checkbox", { name: "Keep me signed in" }).check();
  await desk.signIn("olga");
  await desk.waitUntilLive();
  await desk.page.reload();
  await desk.waitUntilLive();
  const second = await desk.page.context().newPage();
  await second.goto(desk.page.url());
  await second.getByRole("heading", { name: "Olga Ivanova" }).waitFor();
});

test("signing out asks about drafts", async ({ takeSession }) => {
  const { olga } = await takeSession();
  await olga.reply.fill("I will look, and");
  await olga.menu("Sign out");
  await olga.dialog.getByText("You have 1 draft.").waitFor();
  await olga.dialog.getByRole("button", { name: "Cancel" }).click();
  expect(await olga.reply.inputValue()).toBe("I will look, and");
});

test("without local storage the page works and says what it cannot keep", async ({ connect, openPage }) => {
  const ann = await connect("Ann Lee");
  const olga = await openPage();
  await olga.page.addInitScript(() =>
    Object.defineProperty(window, "localStorage", {
      get() {
        throw new DOMException("blocked", "SecurityError");
      },
    }),
  );
  await olga.page.reload();
  await olga.signIn("olga");
  await olga.waitUntilLive();
  await olga.sidebar.getByText("Your browser cannot store data.").waitFor();
  ann.say("Hello");
  await olga.take("Ann Lee");
  await olga.deliver("Good morning");
});

test("after a new password elsewhere the page asks for it, and keeps the draft", async ({
  admin,
  takeSession,
}) => {
  const { olga } = await takeSession();
  await olga.reply.fill("I will look, and");
  const password = "a longer battery horse";
  await admin.request("users.update", { login: "olga", password });
  await olga.page.getByRole("alert").filter({ hasText: "your password was changed" }).waitFor();
  expect(await olga.page.getByText("Ann Lee").count()).toBe(0);
  await olga.page.getByLabel("Password", { exact: true }).fill(password);
  await olga.button("Sign in").click();
  await olga.waitUntilLive();
  expect(await olga.reply.inputValue()).toBe("I will look, and");
  await admin.request("users.update", { login: "olga", password: PASSWORD });
});

test("a user who is disabled sees why, and nothing else", async ({ admin, connect, signIn }) => {
  const ann = await connect("Ann Lee");
  const petr = await signIn("petr", { allowErrors: true });
  ann.say("Hello");
  await petr.row("Ann Lee").waitFor();
  await admin.request("users.disable", { login: "petr" });
  await petr.page.getByRole("alert").filter({ hasText: "your account was disabled" }).waitFor();
  expect(await petr.page.getByText("Ann Lee").count()).toBe(0);
});
