import { setImmediate as turn } from 'node:timers/promises';
import { prepare } from '../database/prepared.ts';
import type { Commit, Database, Reader } from '../database/units.ts';
import type { LedgerEvent } from '../domain/events.ts';
import { AppendedRow } from './appended-row.ts';
import type { LedgerNames } from './names.ts';
import { openedBodies, openedText } from './opened-row.ts';

/** How long rows gather before they are told together. */
const gatherMs = 100;
/** Rows that are told or read in one turn of the loop. */
const rowsMax = 200;
/** Rows that are kept until they are told; who is behind by more reads the rest from the database. */
const keptMax = 10_000;
/** After a read that failed. */
const againMs = 1_000;

/** A row, as it was hashed and as it is shown. */
export type TailedRow = {
  readonly seq: number;
  readonly atMs: number;
  readonly event: LedgerEvent['event'];
  readonly outcome: string;
  readonly reason: string | null;
  /** As one searches for it: a user, `admin:<name>`, `host`, `server`, `claimed:<name>`, or null. */
  readonly actor: string | null;
  readonly agency: string | null;
  readonly session: string | null;
  readonly source: string | null;
  readonly path: string | null;
  /** Canonical JSON of the whole row but its hash: what was hashed. */
  readonly body: string;
  /** The same with the names of files opened (opened-row.ts): what people are shown. */
  readonly opened: string;
  /** Hexadecimal. */
  readonly hash: string;
};

/** A row of this process, with its event as it was appended. */
export type ToldRow = TailedRow & { readonly recorded: LedgerEvent };

export type TailParts = {
  readonly database: Database & { onCommit(listener: (commit: Commit) => void): void };
  readonly names: Pick<LedgerNames, 'open'>;
  readonly onFault: (error: unknown) => void;
};

export type Follower = (rows: readonly ToldRow[]) => void;

/**
 * What the ledger grows by, for whoever lives off it in this process: metrics, the log, live views, forwarders. Rows are
 * told after a commit that is durable (so a row that was told is never one that a power cut takes back and another gets
 * the number of), in order, each once, about `gatherMs` after and at the latest `syncLagMsMax` more. Who appends leaves the
 * row with its unit, so nothing is read again, and a commit pays for a look at what its units left.
 *
 *     const unfollow = tail.follow((rows) => { for (const row of rows) ... });
 *
 * A follower must not await anything; who cannot keep up notes `lastSeq` and reads by itself with `rowsAfter`.
 */
export class LedgerTail {
  readonly #parts: TailParts;
  readonly #followers = new Set<Follower>();
  /** Rows that are committed and not told, a gap at most before the first. */
  #kept: AppendedRow[] = [];
  #committedSeq = 0;
  #durableSeq = 0;
  #lastSeq = 0;
  #timer: NodeJS.Timeout | undefined;
  #telling: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: TailParts) {
    this.#parts = parts;
  }

  /** The newest row that was told; 0 in an empty ledger. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Begins behind `fromSeq`, or behind the newest row there is. Older rows are told with the next that is durable. */
  async start(fromSeq?: number): Promise<void> {
    const { database } = this.#parts;
    this.#committedSeq = await database.read(lastSeqOf);
    this.#lastSeq = fromSeq ?? this.#committedSeq;
    this.#durableSeq = this.#lastSeq;
    database.onCommit((commit) => this.#committed(commit));
  }

  /** @returns what ends it */
  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** Tells what is durable by now, and then no more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#telling;
    await this.#tellAll();
  }

  #committed({ left, isDurable }: Commit): void {
    for (const each of left) {
      if (!(each instanceof AppendedRow)) continue;
      this.#kept.push(each);
      this.#committedSeq = each.seq;
    }
    if (this.#kept.length > keptMax) this.#kept = this.#kept.slice(-keptMax);
    if (!isDurable || this.#durableSeq === this.#committedSeq) return;
    this.#durableSeq = this.#committedSeq;
    if (this.#telling === undefined) this.#tellIn(gatherMs);
  }

  #tellIn(ms: number): void {
    if (this.#stopped) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#telling = this.#tellAll().finally(() => {
        this.#telling = undefined;
        if (this.#lastSeq < this.#durableSeq) this.#tellIn(gatherMs);
      });
    }, ms).unref();
  }

  async #tellAll(): Promise<void> {
    try {
      while (this.#lastSeq < this.#durableSeq) {
        const rows = this.#takeKept() ?? (await this.#read());
        this.#lastSeq = rows.at(-1)!.seq;
        this.#tell(rows);
        await turn();
      }
    } catch (error) {
      this.#parts.onFault(error);
      this.#tellIn(againMs);
    }
  }

  /** The next rows, where they were kept. */
  #takeKept(): readonly ToldRow[] | undefined {
    let known = 0;
    while ((this.#kept[known]?.seq ?? Infinity) <= this.#lastSeq) known += 1;
    this.#kept.splice(0, known);
    if (this.#kept[0]?.seq !== this.#lastSeq + 1) return undefined;
    return this.#kept.splice(0, Math.min(rowsMax, this.#durableSeq - this.#lastSeq));
  }

  async #read(): Promise<readonly ToldRow[]> {
    const { database, names } = this.#parts;
    const rows = await database.read((reader) => rowsAfter(reader, names, this.#lastSeq));
    const durable = rows.filter(({ seq }) => seq <= this.#durableSeq);
    if (durable.length === 0) throw new Error(`row ${this.#lastSeq + 1} of the ledger is missing`);
    return durable.map((row) => ({ ...row, recorded: JSON.parse(row.opened) as LedgerEvent }));
  }

  #tell(rows: readonly ToldRow[]): void {
    for (const follower of this.#followers) {
      try {
        follower(rows);
      } catch (error) {
        // The others hear of it all the same.
        this.#parts.onFault(error);
      }
    }
  }
}

const after = prepare((query, { seq, most }: { readonly seq: number; readonly most: number }) =>
  query
    .selectFrom('ledger')
    .select([
      'seq',
      'at',
      'event',
      'outcome',
      'reason',
      'actor',
      'agency',
      'session',
      'source',
      'path',
      'body',
      'hash',
    ])
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(most),
);

/** The rows behind `seq`, the oldest first, so many that reading them holds nobody up. */
export async function rowsAfter(
  reader: Reader,
  names: Pick<LedgerNames, 'open'>,
  seq: number,
  most = rowsMax,
): Promise<readonly TailedRow[]> {
  const rows = await after.all(reader, { seq, most });
  const bodies = await openedBodies(reader, names, rows);
  return rows.map(({ at, hash, event, path, ...row }, index) => ({
    ...row,
    event: event as LedgerEvent['event'],
    atMs: at,
    path: path === null ? null : String(bodies[index]!['path']),
    opened: openedText(row, bodies[index]!),
    hash: Buffer.from(hash).toString('hex'),
  }));
}

const last = prepare((query) =>
  query.selectFrom('ledger').select('seq').orderBy('seq', 'desc').limit(1),
);

/** The number of the newest row; 0 in an empty ledger. */
export async function lastSeqOf(reader: Reader): Promise<number> {
  return (await last.first(reader, {}))?.seq ?? 0;
}
