/** Which dialog is open: at most one. */
export type DialogName =
  | "commands"
  | "shortcuts"
  | "transfer"
  | "new-session"
  | "replies"
  | "leave";

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
