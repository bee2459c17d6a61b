/** The parts of the page that are not loaded with it. */
import { loadReasons } from "../i18n/reasons.svelte";
import { language, loadTexts } from "../i18n/t.svelte";
import { links } from "./links.svelte";

export const lazy = {
  commands: () => repeated(() => import("./CommandBar.svelte")),
  contact: () => repeated(() => import("./ContactDrawer.svelte")),
  shortcuts: () => repeated(() => import("./ShortcutsDialog.svelte")),
  transfer: () => repeated(() => import("./TransferDialog.svelte")),
  "new-session": () => repeated(() => import("./NewSessionDialog.svelte")),
  replies: () => repeated(() => import("./RepliesDialog.svelte")),
  "sign-out": () => repeated(() => import("./SignOutDialog.svelte")),
  "contact-pane": () => repeated(() => import("./ContactPane.svelte")),
  admin: () => repeated(() => import("../admin/Admin.svelte")),
  setup: () => repeated(() => import("../admin/Setup.svelte")),
};

/**
 * Browsers remember a failed import by its address, which Chromium and Firefox name in the error, so
 * another attempt needs another address. In Safari only a reload helps.
 */
async function repeated<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const address = String(error)
      .split(" ")
      .find((word) => word.startsWith("http") && word.endsWith(".js"));
    if (!address) throw error;
    return (await import(/* @vite-ignore */ `${address}?${Date.now()}`)) as Module;
  }
}

/**
 * Loads them while the broker is there: it may be down when the user opens one. What fails is
 * loaded again by the next call, and when it is opened.
 */
export async function loadAll(isAdmin: boolean): Promise<void> {
  const { admin, setup, ...dialogs } = lazy;
  const texts = [loadReasons, () => loadTexts(language.current), () => links.load()];
  const parts = [...texts, ...Object.values(dialogs), ...(isAdmin ? [admin, setup] : [])];
  await Promise.allSettled(parts.map((load) => load()));
}
