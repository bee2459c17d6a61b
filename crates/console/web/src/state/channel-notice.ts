/** What to tell the operator of a session whose channel does not deliver. */
import type { Channel, ChannelStatus, Id, Reason, Session, Time } from "../api/types";

export interface ChannelNotice {
  readonly status: Exclude<ChannelStatus, "active">;
  readonly channel: string;
  readonly since: Time;
  readonly reason?: Reason;
}

/** Returns null if messages are delivered, or no more can be written. */
export function channelNotice(
  channels: ReadonlyMap<Id, Channel>,
  session: Session,
): ChannelNotice | null {
  const channel = channels.get(session.channel);
  if (!channel || channel.status === "active" || session.status === "closed") return null;
  const { status, name, since, reason } = channel;
  return { status, channel: name, since, ...(reason && { reason }) };
}
