/** Everything that can be done from the keyboard: one list for the keys, the bar and the sheet. */
import type { ViewName } from "../api/types";
import { t } from "../i18n/t.svelte";
import type { Key } from "../i18n/t.svelte";
import { Acts } from "../shell/acts";
import { preferences } from "../shell/preferences.svelte";
import { router } from "../shell/router.svelte";
import type { Workplace } from "../shell/workplace.svelte";
import { administers, mayAct, supervises, works } from "../state/rights";
import { VIEWS } from "../state/route";
import type { IconName } from "../ui/icons";
import { composer } from "./composer.svelte";
import { dialogs } from "./dialogs.svelte";
import { neighbours } from "./lists.svelte";

export interface Command {
  readonly id: string;
  readonly label: string;
  readonly icon: IconName;
  /** `event.code`, with what must be held. */
  readonly keys?: string;
  readonly act: () => void;
}

/** What can be done now: it depends on who one is and on the session that is open. */
export function commandsFor(workplace: Workplace, leave: () => void): Command[] {
  const { me, sessions } = workplace.desk;
  if (!me) return [];
  const session = sessions.get(router.session ?? "");
  return [
    ...(session ? onSession(workplace, session.id) : []),
    ...views(supervises(me)),
    ...house(workplace, leave),
  ];
}

function onSession(workplace: Workplace, id: string): Command[] {
  const { me, desk } = workplace;
  const session = desk.sessions.get(id);
  const acts = new Acts(workplace);
  if (!session || !works(me)) return [];
  const commands: Command[] = [];
  if (session.status === "queued" || (session.status === "assigned" && session.operator !== me.id))
    commands.push(command("take", "check", () => void acts.take(id), "KeyT"));
  if (mayAct(me, session)) {
    commands.push(
      command("reply", "reply", () => composer.focus(false), "KeyR"),
      command("transfer", "transfer", () => dialogs.show("transfer"), "Shift+KeyT"),
      command("close", "door", () => void acts.close(id), "Shift+KeyE"),
    );
  }
  commands.push(
    command("note", "note", () => composer.focus(true), "KeyN"),
    command("leaveSession", "back", () => router.open(null), "Escape"),
  );
  return commands;
}

function views(supervisor: boolean): Command[] {
  const go = (view: ViewName) => () => router.open(null, view);
  const shown = VIEWS.filter((view) => view !== "active" || supervisor);
  return [
    ...shown.map((view, i) => command(`view.${view}`, "eye", go(view), `Digit${i + 1}`)),
    command("next", "down", () => neighbours.open(1), "KeyJ"),
    command("previous", "back", () => neighbours.open(-1), "KeyK"),
    command("filter", "search", () => neighbours.filter(), "Slash"),
  ];
}

function house(workplace: Workplace, leave: () => void): Command[] {
  const { values } = preferences;
  const { me } = workplace;
  const other = values.locale === "en" ? "ru" : "en";
  const togglePerson = () => preferences.set({ personShown: !values.personShown });
  const theme = { system: "dark", dark: "light", light: "system" } as const;
  const commands = [
    command("commands", "search", () => dialogs.show("commands"), "Control+KeyK"),
    command("shortcuts", "keyboard", () => dialogs.show("shortcuts"), "Shift+Slash"),
    command("person", "person", togglePerson, "KeyP"),
    command(`theme.${theme[values.theme]}`, "moon", () =>
      preferences.set({ theme: theme[values.theme] }),
    ),
    command(`locale.${other}`, "globe", () => preferences.set({ locale: other })),
    command("signOut", "door", leave),
  ];
  if (works(me))
    commands.unshift(command("newSession", "plus", () => dialogs.show("new-session"), "KeyC"));
  commands.push(command("replies", "note", () => dialogs.show("replies")));
  if (administers(me))
    commands.push(command("admin", "gear", () => router.go({ page: "admin", path: [] }), "KeyG"));
  return commands;
}

function command(id: string, icon: IconName, act: () => void, keys?: string): Command {
  return { id, icon, act, label: t(`command.${id}` as Key), ...(keys && { keys }) };
}
