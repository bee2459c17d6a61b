/** Calls the operator: a sound again and again until somebody is there, a notification, a title. */
import type { FeedEvent } from "../api/types";
import { t } from "../i18n/t.svelte";
import { missed, rings, still } from "../state/attention";
import type { Ringing } from "../state/attention";
import { contactName } from "../state/names";
import { focus } from "./focus.svelte";
import { notify } from "./notify";
import { preferences } from "./preferences.svelte";
import { router } from "./router.svelte";
import { ring } from "./sound";
import type { Workplace } from "./workplace.svelte";

/** Between two sounds for the same. */
const AGAIN_MS = 8_000;
/** Between two sounds for what is new. */
const NEW_MS = 2_000;

export class Attention {
  #ringing: Ringing = new Set();
  #rangAt = 0;

  constructor(private readonly workplace: () => Workplace) {}

  /** How much waits, for the tab. */
  get title(): string {
    const { counts } = this.workplace();
    const waits = counts ? counts.mine.unread + counts.queue.sessions : 0;
    return waits > 0 ? `(${waits}) ${t("title")}` : t("title");
  }

  heard(event: FeedEvent): void {
    const { desk } = this.workplace();
    const id = desk.me && rings(desk, desk.me, event);
    if (!id || (focus.visible && router.session === id)) return;
    this.#ringing = new Set(this.#ringing).add(id);
    // At once: who is typing elsewhere is at the page, and would not hear of it at all.
    this.#ring(Date.now(), NEW_MS);
    if (!focus.visible && preferences.values.notifications) this.#notify(event);
  }

  /** Rings, if it is time to. */
  tick(now: number): void {
    const { desk } = this.workplace();
    if (!desk.me) return;
    const seen = focus.visible ? router.session : null;
    this.#ringing = still(desk, desk.me, this.#ringing, seen);
    if (this.#ringing.size > 0) this.#ring(now, AGAIN_MS);
  }

  #ring(now: number, pause: number): void {
    if (now - this.#rangAt < pause) return;
    this.#rangAt = now;
    if (preferences.values.sound) ring();
  }

  /** All is known again that happened meanwhile. */
  arrived(): void {
    const { desk } = this.workplace();
    if (desk.me) this.#ringing = new Set([...this.#ringing, ...missed(desk, desk.me)]);
  }

  /** Somebody is at the page, and sees what it shows. */
  seen(): void {
    if (this.#ringing.size > 0) this.#ringing = new Set();
  }

  #notify({ data: { session, message } }: FeedEvent): void {
    const { desk } = this.workplace();
    const known = desk.sessions.get(session?.id ?? "");
    const name = contactName(desk.contacts.get(known?.contact ?? ""), known);
    const text = typeof message === "object" ? message.text : undefined;
    if (session) notify(session.id, name, text ?? t("notify.waits"), () => router.open(session.id));
  }
}
