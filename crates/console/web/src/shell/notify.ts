/** Desktop notifications. */

/** Shows them where pages may not: in Chrome for Android only a service worker can. */
const WORKER = "/notifications.js";

/** Whether the user allows notifications; they can revoke the permission at any time. */
export const mayNotify = () =>
  "Notification" in globalThis && Notification.permission === "granted";

/** Asks the user for permission. Returns whether it is granted. */
export async function requestPermission(): Promise<boolean> {
  if (!("Notification" in globalThis)) return false;
  return (await Notification.requestPermission()) === "granted";
}

/** The notifications that are shown, by tag. */
const shown = new Map<string, Notification>();

/** Removes the notification with a tag. */
export function withdraw(tag: string): void {
  shown.get(tag)?.close();
  if (clicks.has(tag)) void withdrawByWorker(tag);
}

/** Shows a notification, which replaces an earlier one with the same tag. */
export function notify(tag: string, title: string, body: string, onClick: () => void): void {
  if (!mayNotify()) return;
  try {
    const notification = new Notification(title, { body, tag });
    shown.set(tag, notification);
    notification.addEventListener("close", () => {
      if (shown.get(tag) === notification) shown.delete(tag);
    });
    notification.addEventListener("click", () => {
      window.focus();
      onClick();
      notification.close();
    });
  } catch {
    notifyByWorker(tag, title, body, onClick).catch((error: unknown) =>
      console.warn("cannot show a notification:", error),
    );
  }
}

/** What a click on the notification with a tag does. */
const clicks = new Map<string, () => void>();

async function notifyByWorker(
  tag: string,
  title: string,
  body: string,
  onClick: () => void,
): Promise<void> {
  const workers = navigator.serviceWorker;
  if (clicks.size === 0)
    workers.addEventListener("message", ({ data }: MessageEvent) => clicks.get(String(data))?.());
  clicks.set(tag, onClick);
  await workers.register(WORKER);
  const registration = await workers.ready;
  await registration.showNotification(title, { body, tag });
}

async function withdrawByWorker(tag: string): Promise<void> {
  const registration = await navigator.serviceWorker.ready;
  for (const notification of await registration.getNotifications({ tag })) notification.close();
}
