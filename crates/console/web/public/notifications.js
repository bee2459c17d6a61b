// The service worker of notifications. It has no cache and handles no requests.
addEventListener("notificationclick", (event) => {
  const { notification } = event;
  notification.close();
  event.waitUntil(open(notification.tag));
});

/** Shows a window of the page and reports the notification's tag to it. @param {string} tag */
async function open(tag) {
  const [page] = await clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!page) return clients.openWindow("/");
  await page.focus();
  page.postMessage(tag);
}
