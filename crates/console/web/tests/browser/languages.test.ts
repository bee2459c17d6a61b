import { expect, test, until } from "./fixtures";

test("Russian plural forms are used for one, few and many messages", async ({ connect, signIn }) => {
  const ann = await connect("Анна Ли");
  const olga = await signIn("olga");
  await olga.menu("Русский");
  await olga.page.getByRole("link", { name: "Очередь" }).waitFor();
  const row = olga.page.getByRole("option").filter({ hasText: "Анна Ли" });
  let said = 0;
  const says = (count: number) => {
    ann.say(...Array.from({ length: count - said }, (_, i) => `Сообщение ${said + i + 1}`));
    said = count;
  };
  for (const [count, words] of [
    [1, "1 непрочитанное сообщение"],
    [2, "2 непрочитанных сообщения"],
    [5, "5 непрочитанных сообщений"],
    [11, "11 непрочитанных сообщений"],
    [21, "21 непрочитанное сообщение"],
    [22, "22 непрочитанных сообщения"],
  ] as const) {
    says(count);
    await row.getByText(words, { exact: true }).waitFor();
  }
  await until("the language of the page is said", async () => {
    return (await olga.page.locator("html").getAttribute("lang")) === "ru";
  });
});

test("the page uses the browser's language, and a chosen one after a reload", async ({
  liveChat,
  openPage,
}) => {
  expect(liveChat).toBeTruthy();
  const olga = await openPage({ locale: "ru-RU" });
  await olga.button("Войти").waitFor();
  await olga.button("English").click();
  await olga.button("Sign in").waitFor();
  await olga.page.reload();
  await olga.button("Sign in").waitFor();
});
