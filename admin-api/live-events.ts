import { setImmediate as turn } from 'node:timers/promises';
import type { LiveTransfer, LiveView } from '../server/files/live-view.ts';
import type { LedgerNames } from '../server/ledger/names.ts';
import { rowsAfter, type LedgerTail, type TailedRow } from '../server/ledger/tail.ts';
import type { Database } from '../server/database/units.ts';
import type { EventReader } from './event-reader.ts';
import { textOf, type LiveEvent } from './event-text.ts';
import { Places } from './places.ts';

/** What the readers are told of, by the event of the ledger that tells it. */
const namesOfEvents = {
  'login.accepted.1': 'session.opened',
  'login.accepted.2': 'session.opened',
  'session.closed.1': 'session.closed',
  'file.opened.1': 'transfer.opened',
  'file.closed.1': 'transfer.closed',
} as const;

export const liveEventNames = [
  ...new Set(Object.values(namesOfEvents)),
  'transfer.progress',
] as const;

const progressEveryMs = 1_000;
/** Files whose progress is told at one time; the others come next. */
const progressMax = 500;

export type LiveEventParts = {
  readonly database: Database;
  readonly names: Pick<LedgerNames, 'open'>;
  readonly tail: Pick<LedgerTail, 'follow' | 'lastSeq'>;
  readonly live: Pick<LiveView, 'transfers'>;
  readonly limits: {
    readonly eventReadersMax: number;
    readonly eventReadersPerKeyMax: number;
    readonly eventRowsBehindMax: number;
  };
  readonly onFault: (error: unknown) => void;
};

/**
 * Tells readers of sessions and transfers as they come and go, out of the ledger, so that whoever was away goes on where
 * it was; and how far transfers are, which nobody keeps. While nobody reads, nothing is looked at.
 */
export class LiveEvents {
  readonly #parts: LiveEventParts;
  readonly #readers = new Set<EventReader>();
  readonly #places: Places;
  readonly #told = new Map<string, number>();
  #unfollow: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #firstTold = 0;

  constructor(parts: LiveEventParts) {
    this.#parts = parts;
    const { eventReadersMax: max, eventReadersPerKeyMax: perKeyMax } = parts.limits;
    this.#places = new Places({
      max,
      perKeyMax,
      full: 'connections-exceeded',
      what: 'readers of events',
    });
  }

  /**
   * Tells a reader of all that comes, from behind a row on where one is given.
   *
   * @throws Fault `connections-exceeded`
   */
  add(reader: EventReader, lastSeq: number | undefined): void {
    const { tail, onFault } = this.#parts;
    const release = this.#places.take(reader.keyId);
    this.#readers.add(reader);
    reader.once('close', () => {
      release();
      this.#remove(reader);
    });
    this.#unfollow ??= tail.follow((rows) => this.#tell(rows));
    this.#timer ??= setInterval(() => this.#tellProgress(), progressEveryMs).unref();
    this.#begin(reader, lastSeq).catch((error: unknown) => {
      onFault(error);
      reader.finish('failed');
    });
  }

  /** Ends every reader. */
  close(): void {
    for (const reader of this.#readers) reader.finish('server-stopping');
  }

  #remove(reader: EventReader): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return;
    this.#unfollow?.();
    clearInterval(this.#timer);
    this.#told.clear();
    this.#unfollow = undefined;
    this.#timer = undefined;
  }

  async #begin(reader: EventReader, asked: number | undefined): Promise<void> {
    const { database, names, tail, limits } = this.#parts;
    const newest = tail.lastSeq;
    let at = asked ?? newest;
    if (at > newest || newest - at > limits.eventRowsBehindMax) {
      reader.sayLost(at, newest);
      at = newest;
    }
    reader.sayOpened(at);
    while (at < tail.lastSeq && !reader.hasEnded) {
      const rows = await database.read((each) => rowsAfter(each, names, at));
      // What no disk has yet may come to be another row.
      const durable = rows.filter(({ seq }) => seq <= tail.lastSeq);
      if (durable.length === 0) break;
      for (const row of durable) await this.#catchUp(reader, row);
      at = durable.at(-1)!.seq;
      // A read answers without a turn of the loop, and there may be thousands of them.
      await turn();
    }
    reader.goLive(at);
  }

  /** It is not too slow: the rows are there already, however long they are. */
  async #catchUp(reader: EventReader, row: TailedRow): Promise<void> {
    if (reader.hasEnded || !reader.wants(row.agency)) return;
    await reader.room();
    reader.tell(eventOf(row));
  }

  #tell(rows: readonly TailedRow[]): void {
    const readers = [...this.#readers];
    const wanted = rows.filter(({ agency }) => readers.some((reader) => reader.wants(agency)));
    const events = wanted.map(eventOf).filter((event) => event !== null);
    for (const reader of readers) {
      for (const event of events) if (event.seq! > reader.liveAfter) reader.tell(event);
    }
  }

  #tellProgress(): void {
    const going = [...this.#parts.live.transfers().values()].flat();
    const ids = new Set(going.map(({ id }) => id));
    for (const id of this.#told.keys()) if (!ids.has(id)) this.#told.delete(id);
    // Where there are too many, each tick begins behind those of the one before.
    const start = this.#firstTold % Math.max(1, going.length);
    const inTurn = [...going.slice(start), ...going.slice(0, start)];
    const moved = inTurn.filter(({ id, bytes }) => (this.#told.get(id) ?? 0) !== bytes);
    const told = moved.slice(0, progressMax);
    if (moved.length > progressMax) this.#firstTold = start + inTurn.indexOf(told.at(-1)!) + 1;
    for (const transfer of told) {
      this.#told.set(transfer.id, transfer.bytes);
      const event = progressOf(transfer);
      for (const reader of this.#readers) if (reader.isLive) reader.tell(event);
    }
  }
}

/** Null for a row that readers are not told of. */
function eventOf(row: TailedRow): LiveEvent | null {
  if (!Object.hasOwn(namesOfEvents, row.event)) return null;
  const name = namesOfEvents[row.event as keyof typeof namesOfEvents];
  const {
    prev: _prev,
    event: _event,
    names: _names,
    ...body
  } = JSON.parse(row.opened) as Record<string, unknown>;
  return { seq: row.seq, agency: row.agency, text: textOf(name, body, row.seq) };
}

function progressOf({ id, sessionId, ...transfer }: LiveTransfer): LiveEvent {
  const data = { transfer: id, session: sessionId, ...transfer };
  return { seq: null, agency: transfer.agency, text: textOf('transfer.progress', data) };
}
