/** The commands behind keyboard shortcuts, the command bar, the menu and the shortcut list. */
import type { ViewName } from "../api/types";
import { t } from "../i18n/t.svelte";
import type { Key } from "../i18n/t.svelte";
import { SessionActions } from "../shell/session-actions";
import { preferences } from "../shell/preferences.svelte";
import { router } from "../shell/router.svelte";
import type { Store } from "../shell/store.svelte";
import { canAdminister, canAct, canSupervise, canOperate } from "../state/rights";
import { VIEWS } from "../state/route";
import type { IconName } from "../ui/icons";
import { composer } from "./composer.svelte";
import { dialogs } from "./dialogs.svelte";
import { sessionList } from "./session-list.svelte";

export interface Command {
  readonly id: string;
  readonly label: string;
  readonly icon: IconName;
  /** Modifiers and `event.code`, such as `Shift+KeyT`. */
  readonly keys?: string;
  readonly run: () => void;
}

/** The commands available to the user with the session that is open. */
export function commandsFor(store: Store, signOut: () => void): Command[] {
  const { me, sessions } = store.desk;
  if (!me) return [];
  const session = sessions.get(router.session ?? "");
  return [
    ...(session ? sessionCommands(store, session.id) : []),
    ...viewCommands(canSupervise(me)),
    ...generalCommands(store, signOut),
  ];
}

function sessionCommands(store: Store, id: string): Command[] {
  const { me, desk } = store;
  const session = desk.sessions.get(id);
  const actions = new SessionActions(store);
  if (!session || !canOperate(me)) return [];
  const commands: Command[] = [];
  if (session.status === "queued" || (session.status === "assigned" && session.operator !== me.id))
    commands.push(command("take", "check", () => void actions.take(id), "KeyT"));
  if (canAct(me, session)) {
    commands.push(
      command("reply", "reply", () => composer.focus(false), "KeyR"),
      command("transfer", "transfer", () => dialogs.show("transfer"), "Shift+KeyT"),
      command("close", "door", () => void actions.close(id), "Shift+KeyE"),
    );
  }
  commands.push(
    command("note", "note", () => composer.focus(true), "KeyN"),
    command("back", "back", () => router.open(null), "Escape"),
  );
  return commands;
}

function viewCommands(supervisor: boolean): Command[] {
  const go = (view: ViewName) => () => router.open(null, view);
  const shown = VIEWS.filter((view) => view !== "active" || supervisor);
  return [
    ...shown.map((view, i) => command(`view.${view}`, "eye", go(view), `Digit${i + 1}`)),
    command("next", "down", () => sessionList.move(1), "KeyJ"),
    command("previous", "back", () => sessionList.move(-1), "KeyK"),
    command("search", "search", () => sessionList.focusSearch(), "Slash"),
  ];
}

function generalCommands(store: Store, signOut: () => void): Command[] {
  const { values } = preferences;
  const { me } = store;
  const other = values.locale === "en" ? "ru" : "en";
  const toggleContact = () => preferences.set({ contactShown: !values.contactShown });
  const theme = { system: "dark", dark: "light", light: "system" } as const;
  const commands = [
    command("commands", "search", () => dialogs.show("commands"), "Control+KeyK"),
    command("shortcuts", "keyboard", () => dialogs.show("shortcuts"), "Shift+Slash"),
    command("contact", "person", toggleContact, "KeyP"),
    command(`theme.${theme[values.theme]}`, "moon", () =>
      preferences.set({ theme: theme[values.theme] }),
    ),
    command(`locale.${other}`, "globe", () => preferences.set({ locale: other })),
    command("signOut", "door", signOut),
  ];
  if (canOperate(me))
    commands.unshift(command("newSession", "plus", () => dialogs.show("new-session"), "KeyC"));
  commands.push(command("replies", "note", () => dialogs.show("replies")));
  if (canAdminister(me))
    commands.push(command("admin", "gear", () => router.go({ page: "admin", path: [] }), "KeyG"));
  return commands;
}

function command(id: string, icon: IconName, run: () => void, keys?: string): Command {
  return { id, icon, run, label: t(`command.${id}` as Key), ...(keys && { keys }) };
}
