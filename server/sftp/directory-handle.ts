import type { DirectoryEntry } from '../domain/attributes.ts';
import type { ListReply } from '../domain/requests.ts';
import type { MemoryUse } from '../memory/budget.ts';

/** What an entry takes in memory, roughly. */
const entryBytes = 512;

/** A directory being listed: batches are fetched as READDIR uses them up, so a large one is never in memory whole. */
export class DirectoryHandle {
  readonly #memory: MemoryUse;
  readonly #fetch: (after: string) => Promise<ListReply>;
  #entries: readonly DirectoryEntry[];
  #next: string | null;
  #at = 0;

  constructor(first: ListReply, fetch: (after: string) => Promise<ListReply>, memory: MemoryUse) {
    this.#entries = [];
    this.#next = null;
    this.#fetch = fetch;
    this.#memory = memory;
    this.#hold(first.entries, first.next);
  }

  /** The next entry, which counts as told; undefined at the end. */
  async next(): Promise<DirectoryEntry | undefined> {
    while (this.#at >= this.#entries.length && this.#next !== null) {
      const batch = await this.#fetch(this.#next);
      this.#hold(batch.entries, batch.next);
    }
    const entry = this.#entries[this.#at];
    if (entry !== undefined) this.#at += 1;
    return entry;
  }

  /** Holds nothing in memory: what was not told yet is fetched again when it is asked for. */
  rest(): void {
    const told = this.#entries[this.#at - 1];
    // Before the first is told there is no name to go on from.
    if (told === undefined) return;
    const isAll = this.#at >= this.#entries.length;
    this.#hold([], isAll ? this.#next : told.name);
  }

  close(): void {
    this.#hold([], null);
  }

  #hold(entries: readonly DirectoryEntry[], next: string | null): void {
    this.#memory.charge((entries.length - this.#entries.length) * entryBytes);
    this.#entries = entries;
    this.#next = next;
    this.#at = 0;
  }
}
