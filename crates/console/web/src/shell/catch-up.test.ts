import { expect, it } from "vitest";

import type { Api } from "../api/client";
import type { Me } from "../api/types";
import { EMPTY, reduce } from "../state/desk";
import type { Input } from "../state/desk";
import { olga } from "../state/recorded";
import { arrive } from "./catch-up";

const me: Me = { ...olga, position: 7 };

function shopOf() {
  const shop = {
    desk: EMPTY,
    put: (...inputs: Input[]) => void (shop.desk = reduce(shop.desk, inputs)),
  };
  return shop;
}

/** A broker that is asked, and whose connection breaks when it is asked for `broken`. */
function broker(broken?: string) {
  const asked: string[] = [];
  const answers: Record<string, object> = {
    "live-chats.list": { liveChats: me.liveChats },
    "channels.list": { channels: [] },
    "sessions.list": { sessions: [], contacts: [], next: null },
    "events.after": { events: [], next: null, position: 7 },
  };
  const api: Api = {
    ask<Ok>(method: string): Promise<Ok> {
      asked.push(method);
      if (method === broken) return Promise.reject(new Error("the connection is gone"));
      return Promise.resolve(answers[method] as Ok);
    },
  };
  return { api, asked };
}

it("asks for lists again when the connection broke before all were there", async () => {
  const shop = shopOf();
  await expect(arrive(broker("sessions.list").api, shop, me)).rejects.toThrow("gone");
  const second = broker();
  await arrive(second.api, shop, me);
  expect(second.asked).toContain("sessions.list");
});

it("asks for missed events only, once all lists were there", async () => {
  const shop = shopOf();
  await arrive(broker().api, shop, me);
  const second = broker();
  await arrive(second.api, shop, me);
  expect(second.asked).toContain("events.after");
  expect(second.asked).not.toContain("sessions.list");
});
