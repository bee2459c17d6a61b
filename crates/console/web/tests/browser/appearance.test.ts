import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "./fixtures";

const ASSETS = join(import.meta.dirname, "../../dist/assets");

test("the built styles keep light-dark(), which follows the chosen theme", async () => {
  const names = (await readdir(ASSETS)).filter((name) => name.endsWith(".css"));
  const sheets = await Promise.all(names.map((name) => readFile(join(ASSETS, name), "utf8")));
  expect(sheets.some((sheet) => sheet.includes("light-dark("))).toBe(true);
});

test("the theme chosen in the menu changes the colors, whatever the system's is", async ({ signIn }) => {
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
