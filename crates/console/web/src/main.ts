import { mount } from "svelte";

import App from "./App.svelte";
import { loadTexts } from "./i18n/t.svelte";
import { preferences } from "./shell/preferences.svelte";
import "./styles/tokens.css";
import "./styles/base.css";

async function start(): Promise<void> {
  const target = document.getElementById("app");
  if (!target) throw new Error("index.html has no #app element");
  // The page appears in its language.
  await loadTexts(preferences.values.locale).catch(() => undefined);
  mount(App, { target });
}

void start();
