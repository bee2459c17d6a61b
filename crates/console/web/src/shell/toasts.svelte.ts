/** Short messages about the result of an action. */
export interface Toast {
  readonly id: number;
  readonly tone: "plain" | "bad";
  readonly text: string;
  readonly action?: ToastAction;
}

/** What the user can do about it, such as "Undo". */
export interface ToastAction {
  readonly label: string;
  readonly run: () => void;
}

const SHOWN_MS = 6_000;
/** Time to decide on an action. */
const SHOWN_WITH_ACTION_MS = 10_000;
const SHOWN_MAX = 4;

class Toasts {
  shown = $state<Toast[]>([]);
  #next = 1;

  show(text: string, tone: Toast["tone"] = "plain", action?: ToastAction): void {
    const id = this.#next++;
    this.shown = [...this.shown, { id, tone, text, ...(action && { action }) }].slice(-SHOWN_MAX);
    setTimeout(() => this.dismiss(id), action ? SHOWN_WITH_ACTION_MS : SHOWN_MS);
  }

  clear(): void {
    this.shown = [];
  }

  dismiss(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
