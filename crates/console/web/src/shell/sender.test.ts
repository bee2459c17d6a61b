import { expect, it, vi } from "vitest";

import { ApiError } from "../api/error";
import type { Me } from "../api/types";
import { EMPTY, reduce } from "../state/desk";
import type { Input } from "../state/desk";
import { olga, told } from "../state/recorded";
import { Sender } from "./sender";
import type { Workplace } from "./workplace.svelte";

vi.mock("./router.svelte", () => ({ router: { session: told } }));

/** A desk with two messages to one person, of which the broker refuses the first. */
function workplace() {
  const written = (key: string) =>
    ({ key, session: told, kind: "message", text: key, at: 0 }) as const;
  const place = {
    me: olga as Me,
    status: { state: "live" },
    desk: reduce(EMPTY, [
      { kind: "composed", outgoing: written("a") },
      { kind: "composed", outgoing: written("b") },
    ]),
    put: (...inputs: Input[]) => void (place.desk = reduce(place.desk, inputs)),
    asked: [] as string[],
    ask(_: string, { commandId }: { commandId: string }) {
      place.asked.push(commandId);
      if (commandId === "a") return Promise.reject(new ApiError("invalid", "too long"));
      return Promise.resolve({ messageId: "m", position: 1 });
    },
  };
  return place;
}

it("sends what was written after a message that was refused", async () => {
  const place = workplace();
  new Sender(place as unknown as Workplace).send();
  await vi.waitFor(() => expect(place.asked).toEqual(["a", "b"]));
  await vi.waitFor(() => expect([...place.desk.outbox.keys()]).toEqual(["a"]));
  expect(place.desk.outbox.get("a")?.refused?.code).toBe("invalid");
});
