/** Desktop notifications. */

/** Whether the user allows notifications; they can revoke the permission at any time. */
export const mayNotify = () =>
  "Notification" in globalThis && Notification.permission === "granted";

/** Asks the user for permission. Returns whether it is granted. */
export async function requestPermission(): Promise<boolean> {
  if (!("Notification" in globalThis)) return false;
  return (await Notification.requestPermission()) === "granted";
}

/** Shows a notification, which replaces an earlier one with the same tag. */
export function notify(tag: string, title: string, body: string, onClick: () => void): void {
  if (!mayNotify()) return;
  const notification = new Notification(title, { body, tag });
  notification.addEventListener("click", () => {
    window.focus();
    onClick();
    notification.close();
  });
}
