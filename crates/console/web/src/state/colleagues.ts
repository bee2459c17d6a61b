import type { Person, Session, UserId } from "../api/types";
import { fold, mention } from "../text/search";
import type { Desk } from "./tables";

/** Users that a session can be transferred to, online ones first. */
export function transferTargets(desk: Desk, session: Session): Person[] {
  const members = desk.liveChats.get(session.liveChat)?.members ?? [];
  const ids = new Set<UserId>(members);
  for (const { id, groups = [] } of desk.people.values())
    if (groups.includes("supervisors") || groups.includes("administrators")) ids.add(id);
  const known = (id: UserId): Person => desk.people.get(id) ?? { id, name: id };
  return [...ids]
    .filter((id) => id !== session.operator)
    .map(known)
    .filter(({ groups }) => !groups || groups.some((group) => group !== "readers"))
    .sort((a, b) => Number(b.online ?? 0) - Number(a.online ?? 0) || a.name.localeCompare(b.name));
}

export function matching(people: readonly Person[], text: string): Person[] {
  const wanted = fold(text.trim());
  return people.filter(({ id, name }) => mention([`${name} ${id}`], wanted));
}
