import type { FaultCode } from '../domain/faults.ts';

const minuteMs = 60_000;

/** What happened so often without a row of its own. */
export type Counted = {
  /** Null: of many sources together. */
  readonly source: string | null;
  readonly reason: FaultCode;
  readonly count: number;
  /** How long ago the first was. */
  readonly ageMs: number;
};

export type MinuteCounterParts = {
  /** Milliseconds; only differences count. */
  readonly now: () => number;
  /** Rows at once in a minute: of one source, and of all. */
  readonly rowsPerSourceMax: number;
  readonly rowsMax: number;
  /** Sources and reasons that are told apart where they are only counted. */
  readonly countedMax: number;
  /** Writes one row of each; what it could not write comes again a minute later. */
  readonly write: (counted: readonly Counted[]) => Promise<void>;
};

type Count = { source: string | null; reason: FaultCode; count: number; firstMs: number };

/**
 * Keeps strangers from growing the ledger: so many rows in a minute are had at once, and of all beyond them there is
 * one row for each source and minute with a count. Both are bounded, too: who has 1,000 addresses finds the rest of
 * them in one row.
 */
export class MinuteCounter {
  readonly #parts: MinuteCounterParts;
  #startedMs = -Infinity;
  readonly #rowsBySource = new Map<string, number>();
  #rows = 0;
  #counts = new Map<string, Count>();
  #timer: NodeJS.Timeout | undefined;
  #telling: Promise<void> = Promise.resolve();

  constructor(parts: MinuteCounterParts) {
    this.#parts = parts;
  }

  /** @returns whether `source` may have another row in this minute; if not, count it */
  takeRow(source: string): boolean {
    const { rowsPerSourceMax, rowsMax } = this.#parts;
    const nowMs = this.#parts.now();
    if (nowMs - this.#startedMs >= minuteMs) {
      this.#startedMs = nowMs;
      this.#rows = 0;
      this.#rowsBySource.clear();
    }
    const rows = this.#rowsBySource.get(source) ?? 0;
    if (rows >= rowsPerSourceMax || this.#rows >= rowsMax) return false;
    this.#rowsBySource.set(source, rows + 1);
    this.#rows += 1;
    return true;
  }

  count(source: string | null, reason: FaultCode, count = 1): void {
    this.#add({ source, reason, count, firstMs: this.#parts.now() });
  }

  /** Tells all that was counted so far. Rejects if it cannot be written; it is kept then. */
  settle(): Promise<void> {
    this.#telling = this.#telling.catch(() => undefined).then(() => this.#tell());
    return this.#telling;
  }

  #add(added: Count): void {
    const own = `${added.reason} ${added.source}`;
    const isApart = this.#counts.has(own) || this.#counts.size < this.#parts.countedMax;
    const source = isApart ? added.source : null;
    const key = isApart ? own : `${added.reason} others`;
    const counted = this.#counts.get(key) ?? { ...added, source, count: 0 };
    counted.count += added.count;
    counted.firstMs = Math.min(counted.firstMs, added.firstMs);
    this.#counts.set(key, counted);
    this.#timer ??= setTimeout(() => {
      this.settle().catch(() => undefined);
    }, minuteMs).unref();
  }

  async #tell(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#counts.size === 0) return;
    const taken = [...this.#counts.values()];
    this.#counts = new Map();
    const nowMs = this.#parts.now();
    try {
      await this.#parts.write(
        taken.map(({ source, reason, count, firstMs }) => ({
          source,
          reason,
          count,
          ageMs: nowMs - firstMs,
        })),
      );
    } catch (error) {
      for (const count of taken) this.#add(count);
      throw error;
    }
  }
}
