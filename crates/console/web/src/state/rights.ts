/** What somebody may do, so that the page offers nothing that the broker would refuse. */
import type { Me, Session } from "../api/types";

const isIn = (me: Me, ...groups: Me["groups"]) => groups.some((group) => me.groups.includes(group));

/** Sees every live chat, and may act on everybody's sessions. */
export const supervises = (me: Me) => isIn(me, "supervisors", "administrators");

export const administers = (me: Me) => isIn(me, "administrators");

/** Takes sessions and writes; readers only read. */
export const works = (me: Me) => isIn(me, "operators", "supervisors", "administrators");

export const isMine = (me: Me, session: Session) => session.operator === me.id;

/** Whether one may write to the person, transfer and close. */
export const mayAct = (me: Me, session: Session) =>
  session.status !== "closed" && works(me) && (isMine(me, session) || supervises(me));
