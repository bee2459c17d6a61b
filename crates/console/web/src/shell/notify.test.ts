import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { notify } from "./notify";

/** Chrome for Android. */
class AndroidNotification {
  static permission = "granted";

  constructor() {
    throw new TypeError("Illegal constructor. Use ServiceWorkerRegistration.showNotification()");
  }
}

const showNotification = vi.fn(() => Promise.resolve());
const workers = Object.assign(new EventTarget(), {
  register: vi.fn(() => Promise.resolve()),
  ready: Promise.resolve({ showNotification }),
});

beforeEach(() => {
  vi.stubGlobal("Notification", AndroidNotification);
  vi.stubGlobal("navigator", { serviceWorker: workers });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it("is shown by the service worker where the constructor throws", async () => {
  const opened: string[] = [];
  for (const id of ["a", "b"]) notify(id, "Ann Lee", "Hello", () => opened.push(id));
  await vi.waitFor(() => expect(showNotification).toHaveBeenCalledTimes(2));
  expect(showNotification).toHaveBeenCalledWith("Ann Lee", { body: "Hello", tag: "b" });
  workers.dispatchEvent(Object.assign(new Event("message"), { data: "b" }));
  expect(opened).toEqual(["b"]);
});

it("without a service worker fails quietly", async () => {
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  vi.stubGlobal("navigator", {});
  expect(() => notify("a", "Ann Lee", "Hello", () => undefined)).not.toThrow();
  await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce());
});
