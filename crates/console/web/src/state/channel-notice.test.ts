import { expect, it } from "vitest";

import type { Channel, Session } from "../api/types";
import { channelNotice } from "./channel-notice";

const since = "2026-01-01T10:00:00Z";
const reason = { code: "unauthorized", message: "the messenger answered 401" };
const channel = (status: Channel["status"]) =>
  new Map([["ch", { id: "ch", name: "Shop", status, since, reason } as Channel]]);
const session = (status: Session["status"]) => ({ channel: "ch", status }) as Session;

it.each(["disconnected", "interrupted", "failed", "pending"] as const)(
  "tells what is %s, since when and why",
  (status) => {
    const notice = channelNotice(channel(status), session("assigned"));
    expect(notice).toEqual({ status, channel: "Shop", since, reason });
  },
);

it("tells nothing where messages are delivered or cannot be written", () => {
  expect(channelNotice(channel("active"), session("assigned"))).toBeNull();
  expect(channelNotice(channel("disconnected"), session("closed"))).toBeNull();
  expect(channelNotice(new Map(), session("assigned"))).toBeNull();
});
