import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import type { LedgerNames } from '../ledger/names.ts';
import { lastSeqOf, type LedgerTail, rowsAfter, type TailedRow } from '../ledger/tail.ts';
import { Backoff, type BackoffTimes } from './backoff.ts';
import { within, type Delivery, type Destination, type ForwarderName } from './destination.ts';
import { keepPlace, placeOf, timeOf, type Place } from './places.ts';
import type { Troubles } from './troubles.ts';

export type ForwarderTimes = {
  readonly backoff: BackoffTimes;
  /** A place that advanced is written down this much later, so that a busy ledger costs one row a second. */
  readonly keepMs: number;
  /** For what is under way when the server stops. */
  readonly stopMsMax: number;
};

export const forwarderTimes: ForwarderTimes = {
  backoff: { msMin: 1_000, msMax: 5 * 60_000 },
  keepMs: 1_000,
  stopMsMax: 2_000,
};

export type ForwarderParts = {
  readonly destination: Destination;
  readonly database: Database;
  readonly names: Pick<LedgerNames, 'open'>;
  readonly tail: Pick<LedgerTail, 'follow' | 'lastSeq'>;
  readonly troubles: Troubles;
  readonly random: () => number;
  readonly times: ForwarderTimes;
};

/** Of one reading: it and what is made of it hold the loop no longer than a request does. */
const rowsPerReading = 50;
/** Between readings, whatever held the loop. */
const catchUpPauseMsMax = 1_000;
const errorCharactersMax = 200;

/** What is not given stays as it is. */
type WantedPlace = { readonly paused?: boolean; readonly lastSeq?: number };

export type ForwarderState = 'waiting' | 'sending' | 'failing' | 'paused';

/** How a destination is doing. Times are milliseconds since the epoch. */
export type ForwarderStatus = {
  readonly name: ForwarderName;
  readonly destination: string;
  readonly state: ForwarderState;
  /** The newest row that it is known to have, and how many it has not. */
  readonly lastSeq: number;
  readonly lagRows: number;
  /** When the oldest row that it has not was written; null where it has all. */
  readonly waitingSinceMs: number | null;
  readonly lastError: string | null;
  readonly failingSinceMs: number | null;
  /** Since the server started. */
  readonly rowsDelivered: number;
  readonly failures: number;
};

/**
 * Brings the ledger to one destination: in order, each row at least once, however long the destination is away. It holds
 * the rows of one reading at a time and looks the rest up again, so a destination that is days behind costs no memory;
 * and it lives behind the commit, so none that stalls holds up a transfer.
 */
export class Forwarder {
  readonly #parts: ForwarderParts;
  readonly #backoff: Backoff;
  #place: Place = { lastSeq: 0, paused: false };
  #delivery: Delivery | undefined;
  #error: { readonly message: string; readonly sinceMs: number } | undefined;
  #rowsDelivered = 0;
  #failures = 0;
  /** Ends when the changes that were asked for are made. */
  #changing: Promise<unknown> = Promise.resolve();
  /** A change of the place is being written. */
  #isChanging = false;
  #stopped = false;
  /** Ends whatever the loop waits for. */
  #wake: () => void = () => undefined;
  #awoken = false;
  #keeping: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #unfollow: () => void = () => undefined;

  constructor(parts: ForwarderParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.times.backoff, parts.random);
  }

  get name(): ForwarderName {
    return this.#parts.destination.name;
  }

  async start(): Promise<void> {
    const { database, tail } = this.#parts;
    this.#place = await database.read(async (reader) => {
      const place = await placeOf(reader, this.name);
      // A database that was restored from a backup has fewer rows than were sent from the one that is gone.
      return { ...place, lastSeq: Math.min(place.lastSeq, await lastSeqOf(reader)) };
    });
    this.#unfollow = tail.follow(() => {
      if (this.#error === undefined) this.#awake();
    });
    this.#running = this.#run();
  }

  /** Gives what is under way a moment, and writes down how far it got. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unfollow();
    this.#awake();
    const { stopMsMax } = this.#parts.times;
    await within(stopMsMax, 'stopping', this.#running).catch(() => undefined);
    this.#delivery?.abandon();
    await within(stopMsMax, 'stopping', this.#running).catch(() => undefined);
    clearTimeout(this.#keeping);
    await this.#keep().catch(() => undefined);
  }

  get state(): ForwarderState {
    if (this.#place.paused) return 'paused';
    if (this.#error !== undefined) return 'failing';
    return this.#lagRows > 0 ? 'sending' : 'waiting';
  }

  get #lagRows(): number {
    return Math.max(0, this.#parts.tail.lastSeq - this.#place.lastSeq);
  }

  async status(): Promise<ForwarderStatus> {
    const { destination, database } = this.#parts;
    const { lastSeq } = this.#place;
    const lagRows = this.#lagRows;
    return {
      name: this.name,
      destination: destination.shown,
      state: this.state,
      lastSeq,
      lagRows,
      waitingSinceMs:
        lagRows === 0 ? null : await database.read((reader) => timeOf(reader, lastSeq + 1)),
      lastError: this.#error?.message ?? null,
      failingSinceMs: this.#error?.sinceMs ?? null,
      rowsDelivered: this.#rowsDelivered,
      failures: this.#failures,
    };
  }

  /**
   * Pauses it, lets it go on, or has it send again from behind an earlier row. What was sent and not yet confirmed comes
   * again. A place ahead is refused: nothing is left out.
   *
   * @throws Fault `field-invalid`
   */
  change(origin: Origin, wanted: WantedPlace): Promise<void> {
    // One after another: each begins where the one before has ended.
    const turn = this.#changing.then(() => this.#change(origin, wanted));
    this.#changing = turn.catch(() => undefined);
    return turn;
  }

  async #change(origin: Origin, wanted: WantedPlace): Promise<void> {
    const { database, troubles } = this.#parts;
    const before = this.#place;
    const { paused = before.paused, lastSeq = before.lastSeq } = wanted;
    if (lastSeq > before.lastSeq)
      throw new Fault(
        'field-invalid',
        `rows are not left out: at most ${before.lastSeq}, the last that it has`,
        { pointer: '/lastSeq' },
      );
    if (paused === before.paused && lastSeq === before.lastSeq) return;
    const place = { paused, lastSeq };
    this.#isChanging = true;
    try {
      await database.write(
        async (unit) => {
          await keepPlace(unit, this.name, place);
          await troubles.changed(unit, origin, { forwarder: this.name, before, after: place });
        },
        { by: origin },
      );
      this.#place = place;
    } finally {
      this.#isChanging = false;
    }
    this.#delivery?.abandon();
    this.#error = undefined;
    this.#backoff.reset();
    this.#awake();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const { paused, lastSeq } = this.#place;
      if (paused || this.#parts.tail.lastSeq <= lastSeq) {
        await this.#pause(Infinity);
        continue;
      }
      const place = this.#place;
      try {
        const heldMs = await this.#deliver(place);
        await this.#succeeded();
        if (!this.#stopped && this.#lagRows > 0) await rest(heldMs);
      } catch (error) {
        // Whoever changed the place cut it off on purpose.
        if (this.#place === place && !this.#stopped) await this.#failed(error);
      }
    }
  }

  /** One delivery from behind `place` to its confirmation. @returns for how long its last reading held the loop */
  async #deliver(place: Place): Promise<number> {
    const { destination } = this.#parts;
    const { rowsUnconfirmedMax, openMsMax } = destination;
    const delivery = await destination.open();
    this.#delivery = delivery;
    const untilMs = performance.now() + openMsMax;
    let { lastSeq } = place;
    let heldMs = 0;
    try {
      while (!this.#stopped && this.#place === place) {
        const startedMs = performance.now();
        const rows = await this.#rowsBehind(lastSeq);
        const sending = rows.length === 0 ? lastSeq : delivery.send(rows);
        // Sending works until it waits for the network, so by now all that held the loop is over.
        heldMs = performance.now() - startedMs;
        lastSeq = await sending;
        if (lastSeq - place.lastSeq >= rowsUnconfirmedMax || performance.now() >= untilMs) break;
        if (rows.length === 0) await this.#pause(untilMs - performance.now());
        else if (lastSeq < this.#parts.tail.lastSeq) await rest(heldMs);
      }
      await delivery.confirm();
    } catch (error) {
      delivery.abandon();
      throw error;
    } finally {
      this.#delivery = undefined;
    }
    // Rewound meanwhile: that is where it goes on from.
    if (this.#place !== place) return 0;
    this.#rowsDelivered += lastSeq - place.lastSeq;
    this.#place = { ...place, lastSeq };
    this.#keepLater();
    return heldMs;
  }

  /** Those that a power cut does not take back: another row could come to have such a number. */
  async #rowsBehind(seq: number): Promise<readonly TailedRow[]> {
    const { database, names, tail } = this.#parts;
    const rows = await database.read((reader) => rowsAfter(reader, names, seq, rowsPerReading));
    return rows.filter((row) => row.seq <= tail.lastSeq);
  }

  #keepLater(): void {
    this.#keeping ??= setTimeout(() => {
      this.#keeping = undefined;
      // Kept with the next: at worst, some rows are sent again after a crash.
      this.#keep().catch(() => undefined);
    }, this.#parts.times.keepMs).unref();
  }

  /** Not behind a change that is under way: it has written a place that is not ours yet. */
  async #keep(): Promise<void> {
    if (this.#isChanging) {
      if (!this.#stopped) this.#keepLater();
      return;
    }
    await this.#parts.database.write((unit) => keepPlace(unit, this.name, this.#place), {
      durable: 'soon',
    });
  }

  async #succeeded(): Promise<void> {
    this.#backoff.reset();
    this.#error = undefined;
    await this.#parts.troubles.over(this.name);
  }

  async #failed(error: unknown): Promise<void> {
    const message = wordsOf(error);
    this.#failures += 1;
    // Rows that came meanwhile are no reason to try sooner.
    this.#awoken = false;
    this.#error = { message, sinceMs: this.#error?.sinceMs ?? Date.now() };
    const { troubles, destination } = this.#parts;
    await troubles.failed(this.name, destination.shown, this.#error);
    await this.#pause(this.#backoff.next());
  }

  /** Until something is to be done, or so long. */
  async #pause(ms: number): Promise<void> {
    if (!this.#awoken && ms > 0)
      await new Promise<void>((resolve) => {
        const timer = ms === Infinity ? undefined : setTimeout(resolve, ms).unref();
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    this.#awoken = false;
    this.#wake = () => undefined;
  }

  #awake(): void {
    this.#awoken = true;
    this.#wake();
  }
}

/** Who is behind leaves the loop to others for as long as it held it. */
async function rest(heldMs: number): Promise<void> {
  await sleep(Math.min(Math.max(1, heldMs), catchUpPauseMsMax));
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, errorCharactersMax);
  // What failed at each address of a name is an AggregateError, which has no message.
  const { message, code, name } = error as NodeJS.ErrnoException;
  const words = [message, code, name].find((each) => each !== undefined && each !== '');
  return (words ?? 'an error').slice(0, errorCharactersMax);
}
