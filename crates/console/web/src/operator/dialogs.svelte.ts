/** The open dialog; at most one. */
export type DialogName =
  | "commands"
  | "contact"
  | "shortcuts"
  | "transfer"
  | "new-session"
  | "replies"
  | "sign-out";

class Dialogs {
  open = $state<DialogName | null>(null);

  show(name: DialogName): void {
    this.open = name;
  }

  close = () => {
    this.open = null;
  };
}

export const dialogs = new Dialogs();
