import { expect, it } from "vitest";

import { refusal } from "./refusal";

it.each([
  [
    'https://m.example/ is connected to the live chat "Support" already, as channel "Web"',
    "account",
    { liveChat: "Support", channel: "Web" },
  ],
  ['there is a live chat "Support" already', "liveChatName", { name: "Support" }],
  ["there is a user anna already", "login", { login: "anna" }],
  [
    "admin is the last administrator; make another one first",
    "lastAdministrator",
    { user: "admin" },
  ],
  ["/users: there is no user anna", "stranger", { user: "anna" }],
  ["there are 1000 users already", "full", { most: "1000" }],
  ["the live chat has 1000 channels already", "full", { most: "1000" }],
  ["/code: the code begins with whsec_ but the rest is not base64", "codeNotBase64", {}],
  ["/security: the channel has no confirmation code; rotate to one first", "noCode", {}],
  ["/webhook: must name a host", "webhook", {}],
  ["/password: a password has 8 to 1024 characters", "password", {}],
  ["/name: must have 1 to 255 characters", "name", {}],
  ["only a failed or expired message can be sent again", "notFailed", {}],
])("%s", (message, kind, values) => {
  expect(refusal({ message })).toEqual({ kind, values });
});

it("an unknown refusal is unchanged", () => {
  expect(refusal({ message: "something that a later broker says" })).toBeNull();
});
