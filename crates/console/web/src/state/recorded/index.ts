/** Feeds as a real broker published them. */
import type { FeedEvent, Me } from "../../api/types";
import conversation from "./conversation.json";

/**
 * A person writes; Olga takes the session, answers, leaves a note and transfers it to Ivan with
 * another; Ivan closes it. Others write meanwhile.
 */
export const feed = conversation as unknown as FeedEvent[];

const liveChat = feed[0]?.livechat ?? "";

/** The operator whose desk the feed is folded into. */
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
export const told = feed.find(({ type }) => type.endsWith("session-closed"))?.subject ?? "";
