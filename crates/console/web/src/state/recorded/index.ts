/** A feed recorded from a real broker. */
import type { FeedEvent, Me } from "../../api/types";
import conversation from "./conversation.json";

/**
 * A contact writes; Olga takes the session, replies, adds a note and transfers it to Ivan with
 * another note; Ivan closes it. Other contacts write meanwhile.
 */
export const feed = conversation as unknown as FeedEvent[];

const liveChat = feed[0]?.livechat ?? "";

/** The operator who receives the feed. */
export const olga: Me = {
  id: "olga",
  name: "Olga",
  groups: ["operators"],
  liveChats: [
    { id: liveChat, name: "Sales", members: ["olga", "ivan"], channels: 1, createdAt: "2026-11-25" },
  ],
  position: 0,
};

/** The session that is taken, transferred and closed. */
export const closedSession = feed.find(({ type }) => type.endsWith("session-closed"))?.subject ?? "";
