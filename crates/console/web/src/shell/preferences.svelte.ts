/** What each person likes, on this machine. */
import type { Locale } from "../i18n/catalogue";
import { language } from "../i18n/t.svelte";
import { loadPreferences, savePreferences } from "./storage";

export type Theme = "system" | "light" | "dark";

interface Values {
  locale: Locale;
  theme: Theme;
  /** A sound for somebody who waits, again and again until it is seen. */
  sound: boolean;
  notifications: boolean;
  /** Enter sends and Shift+Enter breaks the line; otherwise Ctrl+Enter sends. */
  enterSends: boolean;
  /** The pane about the person. */
  personShown: boolean;
}

const ours: Locale = navigator.language.startsWith("ru") ? "ru" : "en";

class Preferences {
  values = $state.raw<Values>(
    loadPreferences<Values>({
      locale: ours,
      theme: "system",
      sound: true,
      notifications: false,
      enterSends: true,
      personShown: true,
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
    document.documentElement.lang = locale;
    document.documentElement.style.colorScheme = theme === "system" ? "light dark" : theme;
  }
}

export const preferences = new Preferences();
