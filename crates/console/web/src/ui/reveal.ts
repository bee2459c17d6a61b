/** Scrolls a list that is wider than the window to one of its entries, and nothing else. */
export function reveal(entry: Element | null): void {
  const list = entry?.closest("ul");
  if (!entry || !list) return;
  const [of, at] = [list.getBoundingClientRect(), entry.getBoundingClientRect()];
  list.scrollLeft += at.left + at.width / 2 - (of.left + of.width / 2);
}
