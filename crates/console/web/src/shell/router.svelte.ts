/** The current route, kept in the URL fragment. */
import type { Id, ViewName } from "../api/types";
import { format, parse } from "../state/route";
import type { Route } from "../state/route";
import { layers } from "./layers";

class Router {
  route = $state.raw<Route>(parse(location.hash));

  listen(): () => void {
    const update = () => (this.route = parse(location.hash));
    addEventListener("hashchange", update);
    addEventListener("popstate", layers.onPopState);
    // After a reload with an open dialog.
    layers.onPopState();
    return () => {
      removeEventListener("hashchange", update);
      removeEventListener("popstate", layers.onPopState);
    };
  }

  go(route: Route): void {
    // Now, since the browser reports it later: a second J must not start from the same session.
    this.route = route;
    layers.go(format(route));
  }

  get view(): ViewName {
    return this.route.page === "desk" ? this.route.view : "queue";
  }

  get session(): Id | null {
    return this.route.page === "desk" ? this.route.session : null;
  }

  /** Opens a session in the given view, by default the current one. */
  open(session: Id | null, view: ViewName = this.view): void {
    this.go({ page: "desk", view, session });
  }
}

export const router = new Router();
