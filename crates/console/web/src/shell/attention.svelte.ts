/** Alerts the operator: a repeated sound, desktop notifications, and a count in the tab title. */
import type { FeedEvent, Id } from "../api/types";
import { t } from "../i18n/t.svelte";
import {
  alertingSession,
  deletedMessage,
  failedMine,
  missed,
  newlyFailed,
  stillAlerting,
} from "../state/attention";
import type { AlertingSessions } from "../state/attention";
import { sessionName } from "../state/names";
import { focus } from "./focus.svelte";
import { isolated } from "./isolated";
import { notify, withdraw } from "./notify";
import { preferences } from "./preferences.svelte";
import { router } from "./router.svelte";
import { ring } from "./sound";
import type { Store } from "./store.svelte";

/** Interval between sounds for sessions that have already rung. */
const REPEAT_MS = 8_000;
/** Minimum interval between sounds for new events. */
const NEW_EVENT_MS = 2_000;

export class Attention {
  #alerting: AlertingSessions = new Set();
  #rangAt = 0;
  /** The failed messages of the last tick. */
  #knownFailed: ReadonlyMap<Id, number> = new Map();
  /** The message that the notification of each session shows. */
  readonly #notified = new Map<Id, Id>();

  constructor(private readonly store: () => Store) {}

  /** The page title, with the number of unread messages and queued sessions, and a mark for failed messages. */
  get title(): string {
    const { counts } = this.store();
    const pending = counts ? counts.mine.unread + counts.queue.sessions : 0;
    const failed = counts && counts.mine.failed > 0 ? "⚠ " : "";
    return failed + (pending > 0 ? `(${pending}) ` : "") + t("title");
  }

  onEvent(event: FeedEvent): void {
    const { desk } = this.store();
    isolated("the withdrawal of a notification", () => this.#withdraw(event));
    const id = desk.me && alertingSession(desk, desk.me, event);
    if (!id || (focus.visible && router.session === id)) return;
    this.#alerting = new Set(this.#alerting).add(id);
    isolated("the alert sound", () => this.#ring(Date.now(), NEW_EVENT_MS));
    if (!focus.visible && preferences.values.notifications)
      isolated("the notification", () => this.#notify(event));
  }

  /** Removes the words of a deleted message, and the alert if nothing else is unread. */
  #withdraw(event: FeedEvent): void {
    const deleted = deletedMessage(event);
    const { session } = event.data;
    if (!deleted || !session) return;
    if (session.unread === 0)
      this.#alerting = new Set([...this.#alerting].filter((id) => id !== session.id));
    if (this.#notified.get(session.id) !== deleted) return;
    this.#notified.delete(session.id);
    withdraw(session.id);
  }

  tick(now: number): void {
    const { desk } = this.store();
    if (!desk.me) return;
    const visible = focus.visible ? router.session : null;
    // Also messages that failed while the page was not connected.
    const failed = failedMine(desk, desk.me);
    const alerting = new Set([...this.#alerting, ...newlyFailed(this.#knownFailed, failed)]);
    this.#knownFailed = failed;
    this.#alerting = stillAlerting(desk, desk.me, alerting, visible);
    if (this.#alerting.size > 0) this.#ring(now, REPEAT_MS);
  }

  #ring(now: number, interval: number): void {
    if (now - this.#rangAt < interval) return;
    this.#rangAt = now;
    if (preferences.values.sound) ring();
  }

  /** Alerts for messages that arrived while disconnected. */
  onCaughtUp(lostAt: number | null): void {
    const { desk } = this.store();
    if (desk.me) this.#alerting = new Set([...this.#alerting, ...missed(desk, desk.me, lostAt)]);
  }

  #notify({ data: { session, message, delivery } }: FeedEvent): void {
    const { desk } = this.store();
    const known = desk.sessions.get(session?.id ?? "");
    const name = sessionName(desk, known);
    const written = typeof message === "object" ? message.text : undefined;
    const text = delivery ? t("notification.failed") : (written ?? t("notification.waiting"));
    if (session && typeof message === "object") this.#notified.set(session.id, message.id);
    if (session)
      notify(session.id, name, text, () => router.open(session.id));
  }
}
