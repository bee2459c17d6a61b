/** What the user may do. The broker enforces it; the page only hides what would be refused. */
import type { Me, Session } from "../api/types";

const isIn = (me: Me, ...groups: Me["groups"]) => groups.some((group) => me.groups.includes(group));

/** Sees every live chat and may act on every session. */
export const canSupervise = (me: Me) => isIn(me, "supervisors", "administrators");

export const canAdminister = (me: Me) => isIn(me, "administrators");

/** May take sessions and write; readers may not. */
export const canOperate = (me: Me) => isIn(me, "operators", "supervisors", "administrators");

export const isMine = (me: Me, session: Session) => session.operator === me.id;

/** May reply in, transfer and close the session. */
export const canAct = (me: Me, session: Session) =>
  session.status !== "closed" && canOperate(me) && (isMine(me, session) || canSupervise(me));
