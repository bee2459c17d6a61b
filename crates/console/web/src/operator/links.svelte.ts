/** Finds links in texts. Until the rules are loaded, texts have no links. */
import type { TextSegment } from "../state/links";

class Links {
  find = $state.raw<(text: string) => TextSegment[]>((text) => [{ text }]);

  async load(): Promise<void> {
    this.find = (await import("../state/links")).linkify;
  }
}

export const links = new Links();
