import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

import { expect, test, until } from "./fixtures";
import { Network } from "./fixtures/network";

const PHONE = { width: 390, height: 844 };
const ASSETS = join(import.meta.dirname, "../../dist/assets");

test("the built styles keep light-dark(), which follows the chosen theme", async () => {
  const names = (await readdir(ASSETS)).filter((name) => name.endsWith(".css"));
  const sheets = await Promise.all(names.map((name) => readFile(join(ASSETS, name), "utf8")));
  expect(sheets.some((sheet) => sheet.includes("light-dark("))).toBe(true);
});

test("the theme chosen in the menu changes the colors, whatever the system's is", async ({
  signIn,
}) => {
  const olga = await signIn("olga", { colorScheme: "light" });
  const background = () =>
    olga.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await olga.menu("Theme: dark");
  const dark = await background();
  expect(dark).not.toBe(light);
  await olga.page.emulateMedia({ colorScheme: "dark" });
  expect(await background()).toBe(dark);
  await olga.menu("Theme: light");
  expect(await background()).toBe(light);
  await olga.menu("Theme: system");
  expect(await background()).toBe(dark);
});

test("a phone with an open conversation shows that the connection is lost", async ({
  connect,
  openPage,
}) => {
  const ann = await connect("Ann Lee");
  const olga = await openPage({ allowErrors: true });
  const network = await Network.intercept(olga.page);
  await olga.signIn("olga");
  await olga.waitUntilLive();
  ann.say("Hello");
  await olga.take("Ann Lee");
  await olga.page.setViewportSize(PHONE);
  const status = olga.page.getByText("Reconnecting");
  expect(await status.isVisible()).toBe(false);
  const composer = await olga.reply.boundingBox();
  network.cut();
  await network.close();
  await status.waitFor();
  const bar = (await status.boundingBox())!;
  expect(bar.y).toBeGreaterThanOrEqual(0);
  expect(bar.y + bar.height).toBeLessThanOrEqual(PHONE.height);
  expect(await olga.reply.isVisible()).toBe(true);
  await network.restore();
  await status.waitFor({ state: "hidden" });
  await until("the thread has its place again", async () => {
    const now = await olga.reply.boundingBox();
    return now?.y === composer?.y && now?.height === composer?.height;
  });
});
