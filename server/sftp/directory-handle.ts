import type { DirectoryEntry } from '../domain/attributes.ts';
import { ListedEntries } from '../domain/listing.ts';
import type { ListReply } from '../domain/requests.ts';
import type { MemoryUse } from '../memory/budget.ts';

/** What an entry takes in memory, roughly. */
const entryBytes = 512;
const nothing = new ListedEntries('');

/**
 * A directory being listed: batches are fetched as READDIR uses them up, so a large one is never in memory whole. The next
 * one is asked for while this one is told, where there is room for it.
 */
export class DirectoryHandle {
  readonly #memory: MemoryUse;
  readonly #fetch: (after: string) => Promise<ListReply>;
  #entries = nothing;
  #next: string | null;
  #at = 0;
  /** The batch after `#next`. */
  #ahead: Promise<ListReply> | undefined;

  constructor(first: ListReply, fetch: (after: string) => Promise<ListReply>, memory: MemoryUse) {
    this.#next = null;
    this.#fetch = fetch;
    this.#memory = memory;
    this.#take(first);
  }

  /** The next entry, which counts as told; undefined at the end. At once where it is there. */
  next(): DirectoryEntry | undefined | Promise<DirectoryEntry | undefined> {
    const entry = this.#entries.at(this.#at);
    if (entry === undefined) return this.#next === null ? undefined : this.#fetchNext(this.#next);
    this.#at += 1;
    this.#lookAhead();
    return entry;
  }

  async #fetchNext(after: string): Promise<DirectoryEntry | undefined> {
    this.#take(await (this.#ahead ?? this.#fetch(after)));
    return this.next();
  }

  #lookAhead(): void {
    if (this.#next === null || this.#ahead !== undefined) return;
    if (this.#memory.room < this.#entries.length * entryBytes) return;
    this.#ahead = this.#fetch(this.#next);
    // Whoever asks for the batch hears of it.
    this.#ahead.catch(() => undefined);
  }

  /** Holds nothing in memory: what was not told yet is fetched again when it is asked for. */
  rest(): void {
    const told = this.#entries.at(this.#at - 1);
    // Before the first is told there is no name to go on from.
    if (told === undefined) return;
    const isAll = this.#at >= this.#entries.length;
    this.#hold(nothing, isAll ? this.#next : told.name);
  }

  close(): void {
    this.#hold(nothing, null);
  }

  #take({ text, next }: ListReply): void {
    this.#hold(new ListedEntries(text), next);
  }

  #hold(entries: ListedEntries, next: string | null): void {
    this.#memory.charge((entries.length - this.#entries.length) * entryBytes);
    this.#entries = entries;
    this.#next = next;
    this.#at = 0;
    this.#ahead = undefined;
  }
}
