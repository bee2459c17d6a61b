/** The parts of the page that are not loaded with it. */
import { loadReasons } from "../i18n/reasons.svelte";

export const lazy = {
  commands: () => import("./CommandBar.svelte"),
  contact: () => import("./ContactDrawer.svelte"),
  shortcuts: () => import("./ShortcutsDialog.svelte"),
  transfer: () => import("./TransferDialog.svelte"),
  "new-session": () => import("./NewSessionDialog.svelte"),
  replies: () => import("./RepliesDialog.svelte"),
  "sign-out": () => import("./SignOutDialog.svelte"),
  "contact-pane": () => import("./ContactPane.svelte"),
  admin: () => import("../admin/Admin.svelte"),
  setup: () => import("../admin/Setup.svelte"),
};

/**
 * Loads them while the broker is there: it may be down when the user opens one. What fails is
 * loaded again by the next call, and when it is opened.
 */
export async function loadAll(isAdmin: boolean): Promise<void> {
  const { admin, setup, ...dialogs } = lazy;
  const parts = [loadReasons, ...Object.values(dialogs), ...(isAdmin ? [admin, setup] : [])];
  await Promise.allSettled(parts.map((load) => load()));
}
