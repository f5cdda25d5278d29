import type { DirectoryEntry } from '../domain/attributes.ts';
import type { ListReply } from '../domain/requests.ts';

/** A directory being listed: batches are fetched as READDIR uses them up, so a large one is never in memory whole. */
export class DirectoryHandle {
  readonly #fetch: (after: string) => Promise<ListReply>;
  #entries: readonly DirectoryEntry[];
  #next: string | null;
  #at = 0;

  constructor(first: ListReply, fetch: (after: string) => Promise<ListReply>) {
    this.#entries = first.entries;
    this.#next = first.next;
    this.#fetch = fetch;
  }

  /** The next entry, left in place until `advance`; undefined at the end. */
  async peek(): Promise<DirectoryEntry | undefined> {
    while (this.#at >= this.#entries.length && this.#next !== null) {
      const batch = await this.#fetch(this.#next);
      this.#entries = batch.entries;
      this.#next = batch.next;
      this.#at = 0;
    }
    return this.#entries[this.#at];
  }

  advance(): void {
    this.#at += 1;
  }
}
