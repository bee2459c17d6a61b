/** Short messages about the result of an action. */
export interface Toast {
  readonly id: number;
  readonly tone: "plain" | "bad";
  readonly text: string;
}

const SHOWN_MS = 6_000;
const SHOWN_MAX = 4;

class Toasts {
  shown = $state<Toast[]>([]);
  #next = 1;

  show(text: string, tone: Toast["tone"] = "plain"): void {
    const id = this.#next++;
    this.shown = [...this.shown, { id, tone, text }].slice(-SHOWN_MAX);
    setTimeout(() => this.dismiss(id), SHOWN_MS);
  }

  clear(): void {
    this.shown = [];
  }

  dismiss(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
