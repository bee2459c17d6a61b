/** Runs a handler whose failure must not stop the handlers after it. */
export function isolated(name: string, handler: () => void): void {
  try {
    handler();
  } catch (error) {
    console.warn(`${name} failed:`, error);
  }
}
