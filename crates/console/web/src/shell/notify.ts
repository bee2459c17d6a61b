/** Notifications of the desktop, for when the page is out of sight. */

/** Whether the person has let the browser show them; that can be taken back at any time. */
export const mayNotify = () =>
  "Notification" in globalThis && Notification.permission === "granted";

/** Asks the browser, which asks the person; answers whether they may be shown. */
export async function askToNotify(): Promise<boolean> {
  if (!("Notification" in globalThis)) return false;
  return (await Notification.requestPermission()) === "granted";
}

/** One for each session: a newer one takes the place of the older. */
export function notify(tag: string, title: string, body: string, opened: () => void): void {
  if (!mayNotify()) return;
  const shown = new Notification(title, { body, tag });
  shown.addEventListener("click", () => {
    window.focus();
    opened();
    shown.close();
  });
}
