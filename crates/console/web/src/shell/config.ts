import type { Place } from "../api/client";

/** Where the broker is, as the server of this page says. */
export async function loadPlace(): Promise<Place> {
  const answer = await fetch("/config.json", { cache: "no-store" });
  if (!answer.ok) throw new Error(`/config.json: ${answer.status} ${answer.statusText}`);
  return (await answer.json()) as Place;
}
