/** The user's preferences in this browser. */
import type { Locale } from "../i18n/catalogue";
import { language, loadTexts } from "../i18n/t.svelte";
import type { MineOrder } from "../state/views";
import { loadPreferences, savePreferences } from "./storage";

export type Theme = "system" | "light" | "dark";

interface Values {
  locale: Locale;
  theme: Theme;
  /** Repeat a sound until a waiting session is seen. */
  sound: boolean;
  notifications: boolean;
  /** Enter sends and Shift+Enter inserts a line break; otherwise Ctrl+Enter sends. */
  enterSends: boolean;
  /** Whether letters and other single keys are shortcuts. */
  singleKeys: boolean;
  /** How "Mine" is sorted. */
  mineOrder: MineOrder;
  /** Whether the pane with the contact's details is open. */
  contactShown: boolean;
  /** Whether the first steps of a new workspace were done or dismissed. */
  setupHidden: boolean;
}

const browserLocale: Locale = navigator.language.startsWith("ru") ? "ru" : "en";

class Preferences {
  values = $state.raw<Values>(
    loadPreferences<Values>({
      locale: browserLocale,
      theme: "system",
      sound: true,
      notifications: false,
      enterSends: true,
      singleKeys: true,
      mineOrder: "waiting",
      contactShown: true,
      setupHidden: false,
    }),
  );

  constructor() {
    this.#apply();
  }

  set(change: Partial<Values>): void {
    this.values = { ...this.values, ...change };
    savePreferences(this.values);
    this.#apply();
  }

  #apply(): void {
    const { locale, theme } = this.values;
    language.current = locale;
    loadTexts(locale).catch(() => console.debug("the texts are loaded again after a reconnect"));
    document.documentElement.lang = locale;
    document.documentElement.style.colorScheme = theme === "system" ? "light dark" : theme;
  }
}

export const preferences = new Preferences();
