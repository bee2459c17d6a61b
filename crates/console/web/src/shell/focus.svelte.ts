/** Whether the page is visible and its window has the focus. */
class Focus {
  visible = $state(isVisible());

  constructor() {
    const update = () => (this.visible = isVisible());
    addEventListener("focus", update);
    addEventListener("blur", update);
    document.addEventListener("visibilitychange", update);
  }
}

function isVisible(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

export const focus = new Focus();
