import type { Api } from "../api/client";
import * as contacts from "../api/contacts";
import type { Contact, Id } from "../api/types";
import { errorText } from "./texts.svelte";

/** Empty pages that are skipped before the user has to ask for more. */
const EMPTY_PAGES_MAX = 10;

/** A search for contacts. */
export class ContactSearch {
  items = $state.raw<readonly Contact[]>([]);
  next = $state<Id | null>(null);
  loading = $state(true);
  error = $state<string | null>(null);

  constructor(
    private readonly api: Api,
    private readonly filter: { channel?: Id; text?: string },
  ) {}

  async loadMore(): Promise<void> {
    this.loading = true;
    this.error = null;
    try {
      let before = this.next ?? undefined;
      for (let pages = 0; pages < EMPTY_PAGES_MAX; pages += 1) {
        const page = await contacts.list(this.api, this.filter, before);
        this.items = [...this.items, ...page.contacts];
        this.next = page.next;
        before = page.next ?? undefined;
        if (page.contacts.length > 0 || !before) break;
      }
    } catch (thrown) {
      this.error = errorText(thrown);
    }
    this.loading = false;
  }

  replace(contact: Contact): void {
    this.items = this.items.map((one) => (one.id === contact.id ? contact : one));
  }
}
