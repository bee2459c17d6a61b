/** Routes in the URL fragment. */
import type { Id, ViewName } from "../api/types";

export const VIEWS: readonly ViewName[] = ["queue", "mine", "active", "closed"];

export type Route =
  | { page: "desk"; view: ViewName; session: Id | null }
  | { page: "admin"; path: string[] };

const isView = (text: string | undefined): text is ViewName =>
  VIEWS.some((view) => view === text);

export function parse(hash: string): Route {
  const [first, ...rest] = hash.replace(/^#?\/?/, "").split("/").map(decode);
  if (first === "admin") return { page: "admin", path: rest.filter(Boolean) };
  return { page: "desk", view: isView(first) ? first : "queue", session: rest[0] || null };
}

export function format(route: Route): string {
  if (route.page === "admin") return ["#", "admin", ...route.path.map(encodeURIComponent)].join("/");
  return route.session ? `#/${route.view}/${route.session}` : `#/${route.view}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
