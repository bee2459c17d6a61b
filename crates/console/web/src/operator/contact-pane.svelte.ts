/** Where the contact's details are shown: in a pane, or in a drawer if the window is too narrow. */
import { preferences } from "../shell/preferences.svelte";
import { router } from "../shell/router.svelte";
import { isNarrow } from "../shell/window.svelte";
import { dialogs } from "./dialogs.svelte";

export const isContactShown = () =>
  isNarrow.current ? dialogs.open === "contact" : preferences.values.contactShown;

export function toggleContact(): void {
  if (!isNarrow.current) preferences.set({ contactShown: !preferences.values.contactShown });
  else if (dialogs.open === "contact") dialogs.close();
  else if (router.session) dialogs.show("contact");
}
