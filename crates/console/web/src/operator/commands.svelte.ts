/** The commands behind keyboard shortcuts, the command bar, the menu and the shortcut list. */
import type { ViewName } from "../api/types";
import { t } from "../i18n/t.svelte";
import type { Key } from "../i18n/t.svelte";
import { SessionActions } from "../shell/session-actions";
import { preferences } from "../shell/preferences.svelte";
import { router } from "../shell/router.svelte";
import type { Store } from "../shell/store.svelte";
import * as rights from "../state/rights";
import type { Shortcut } from "../state/shortcuts";
import { VIEWS } from "../state/route";
import type { IconName } from "../ui/icons";
import { composer } from "./composer.svelte";
import { toggleContact } from "./contact-pane.svelte";
import { dialogs } from "./dialogs.svelte";
import { sessionList } from "./session-list.svelte";

export interface Command extends Shortcut {
  readonly id: string;
  readonly label: string;
  readonly icon: IconName;
  readonly run: () => void;
}

/** The commands available to the user with the session that is open. */
export function commandsFor(store: Store, signOut: () => void): Command[] {
  const { me, sessions } = store.desk;
  if (!me) return [];
  const session = sessions.get(router.session ?? "");
  return [
    ...(session ? sessionCommands(store, session.id) : []),
    ...(router.route.page === "desk" ? listCommands() : []),
    ...viewCommands(rights.canSupervise(me)),
    ...generalCommands(store, signOut),
  ];
}

function sessionCommands(store: Store, id: string): Command[] {
  const { me, desk } = store;
  const session = desk.sessions.get(id);
  const actions = new SessionActions(store);
  const back = moving("back", "back", () => router.open(null), "Escape");
  if (!session || !rights.canOperate(me)) return [back];
  const commands: Command[] = [];
  const thenWrite = (change: Promise<boolean>) =>
    void change.then((done) => done && composer.focusArea());
  if (rights.canTake(me, session)) {
    const take = rights.canTakeOver(me, session) ? "takeOver" : "take";
    commands.push(command(take, "check", () => thenWrite(actions.take(id)), "KeyT"));
  }
  if (rights.canReply(me, session))
    commands.push(command("reply", "reply", () => composer.focus(false), "KeyR"));
  if (rights.canAct(me, session))
    commands.push(
      command("transfer", "transfer", () => dialogs.show("transfer"), "Shift+KeyT"),
      command("close", "door", () => void actions.close(id), "Shift+KeyE"),
    );
  if (rights.canReopen(me, session, desk))
    commands.push(command("reopen", "retry", () => thenWrite(actions.reopen(id))));
  commands.push(command("note", "note", () => composer.focus(true), "KeyN"), back);
  return commands;
}

function viewCommands(supervisor: boolean): Command[] {
  const go = (view: ViewName) => () => router.open(null, view);
  const shown = VIEWS.filter((view) => view !== "active" || supervisor);
  return shown.map((view, i) => moving(`view.${view}`, "eye", go(view), `Digit${i + 1}`));
}

const listCommands = () => [
  moving("next", "down", () => sessionList.move(1), "KeyJ"),
  moving("previous", "back", () => sessionList.move(-1), "KeyK"),
  moving("search", "search", () => sessionList.focusSearch(), "Slash"),
];

function generalCommands(store: Store, signOut: () => void): Command[] {
  const { values } = preferences;
  const { me } = store;
  const other = values.locale === "en" ? "ru" : "en";
  const theme = { system: "dark", dark: "light", light: "system" } as const;
  const commands = [
    command("commands", "search", () => dialogs.show("commands"), "Control+KeyK"),
    moving("shortcuts", "keyboard", () => dialogs.show("shortcuts"), "Shift+Slash"),
    command("contact", "person", toggleContact, "KeyP"),
    command(`theme.${theme[values.theme]}`, "moon", () =>
      preferences.set({ theme: theme[values.theme] }),
    ),
    command(`locale.${other}`, "globe", () => preferences.set({ locale: other })),
    command("signOut", "door", signOut),
  ];
  if (rights.canOperate(me))
    commands.unshift(command("newSession", "plus", () => dialogs.show("new-session"), "KeyC"));
  commands.push(command("replies", "note", () => dialogs.show("replies")));
  if (rights.canAdminister(me))
    commands.push(command("admin", "gear", () => router.go({ page: "admin", path: [] }), "KeyG"));
  return commands;
}

/** A command that only moves around. */
const moving = (...args: Parameters<typeof command>): Command => ({ ...command(...args), moves: true });

function command(id: string, icon: IconName, run: () => void, keys?: string): Command {
  return { id, icon, run, label: t(`command.${id}` as Key), ...(keys && { keys }) };
}
