/** Whether somebody looks at the page: it is in sight, and the window has the focus. */
class Focus {
  visible = $state(isVisible());

  constructor() {
    const changed = () => (this.visible = isVisible());
    addEventListener("focus", changed);
    addEventListener("blur", changed);
    document.addEventListener("visibilitychange", changed);
  }
}

function isVisible(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

export const focus = new Focus();
