import { checkShownName } from '../accounts/fields.ts';
import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { TrustedTime } from '../database/trusted-time.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { clockSlewMsMax } from '../domain/limits.ts';
import { type RetentionParts, isoOf, record, serverOrigin } from './parts.ts';
import { forgetStanding } from './standing-holds.ts';
import type { ClockView } from './views.ts';

const aheadMsMax = 24 * 60 * 60_000;
/** How old the time may be that a crash leaves noted. */
const noteMs = 5 * 60_000;
/**
 * Of what the clock was ahead so much is forgotten in the time in which it goes as the steady one does, a day in thirty:
 * else every stop of a server would count to the jump that stops its retention some year.
 */
const forgottenShare = 1 / 30;

export type ClockParts = Pick<RetentionParts, 'database' | 'guarded' | 'ledger'> & {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds of a clock that is never set. */
  readonly steadyNow: () => number;
  /** Of the newest row of the ledger before this process wrote any; null where there was none. */
  readonly ledgerAtMs: number | null;
  /** Is told what each look finds, for all who go by the time. */
  readonly trusted: TrustedTime;
};

type ClockRow = Row<'retention_clock'>;
type Problem = {
  readonly problem: 'went-back' | 'jumped';
  readonly beforeMs: number;
  readonly afterMs: number;
};

const theRow = prepare((query) =>
  query.selectFrom('retention_clock').selectAll().where('id', '=', 1),
);

/**
 * Files go by their age, so a clock that is wrong destroys them before their time. What was seen of it is noted in the
 * database and held against a clock that nobody sets; after a step back, or of more than a day ahead, nothing is planned
 * or purged until an administrator has confirmed the time. That a server was stopped for longer than a day looks the same.
 */
export class ClockGuard {
  readonly #parts: ClockParts;
  #isKnown = false;
  /** The highest time that was seen. */
  #highestMs = 0;
  #notedMs = 0;
  /** The wall clock less the steady one, when it was last certain, and at the last look. */
  #aheadMs = 0;
  #lastAheadMs = 0;
  /** The time that is trusted less the steady one: of all that was believed the most. */
  #trustedAheadMs = 0;
  #lookedSteadyMs = 0;
  #problem: Problem | null = null;

  constructor(parts: ClockParts) {
    this.#parts = parts;
  }

  /** Looks at the clock, and notes it now and then. @returns whether ages may be reckoned by it */
  async look(): Promise<boolean> {
    const nowMs = this.#parts.now();
    const steadyMs = this.#parts.steadyNow();
    if (!this.#isKnown) await this.#learn(nowMs, steadyMs);
    const found = this.#problem === null ? this.#problemAt(nowMs, steadyMs) : null;
    if (this.#problem === null && found === null) this.#believe(nowMs, steadyMs);
    this.#share(steadyMs, this.#problem !== null || found !== null);
    if (found !== null) await this.#tell(found);
    else if (this.#seenMs(steadyMs) >= this.#notedMs + noteMs) await this.#note('soon');
    return this.#problem === null;
  }

  #believe(nowMs: number, steadyMs: number): void {
    this.#highestMs = Math.max(this.#highestMs, nowMs);
    this.#lastAheadMs = nowMs - steadyMs;
    this.#trustedAheadMs = Math.max(this.#trustedAheadMs, this.#lastAheadMs);
    const forgottenMs = (steadyMs - this.#lookedSteadyMs) * forgottenShare;
    this.#aheadMs += Math.min(Math.max(0, this.#lastAheadMs - this.#aheadMs), forgottenMs);
    this.#lookedSteadyMs = steadyMs;
  }

  /** So that between two looks, too, nobody goes by a clock that was set. */
  #share(steadyMs: number, isInDoubt: boolean): void {
    const leastMs = steadyMs + this.#trustedAheadMs;
    const mostMs = Math.max(leastMs, steadyMs + this.#aheadMs + aheadMsMax);
    this.#parts.trusted.learn({ leastMs, mostMs, isInDoubt });
  }

  /** What is worth a note: while a problem stands only the trusted time goes on. */
  #seenMs(steadyMs: number): number {
    return Math.max(this.#highestMs, steadyMs + this.#trustedAheadMs);
  }

  /** Before something goes by the clock: what it goes by is certain to be noted. */
  async note(): Promise<void> {
    await this.#note('now');
  }

  /** @throws Fault `conflict` while the time has to be confirmed */
  async refuseProblem(): Promise<void> {
    if (await this.look()) return;
    const { problem, beforeMs, afterMs } = this.#problem!;
    const how = problem === 'went-back' ? 'went back' : 'jumped ahead';
    throw new Fault(
      'conflict',
      `the clock ${how} from ${isoOf(beforeMs)} to ${isoOf(afterMs)}: an administrator has to confirm the time first`,
    );
  }

  read(): Promise<ClockView> {
    return this.#parts.database.read(async (reader) => {
      const row = await theRow.first(reader, {});
      return {
        nowMs: this.#parts.now(),
        seenAtMs: row?.seen_at ?? null,
        problem: row?.problem ?? null,
        problemBeforeMs: row?.problem_before ?? null,
        problemAfterMs: row?.problem_after ?? null,
      };
    });
  }

  /** The time is right as it is now. @throws Fault `conflict` where nobody asks, `field-invalid` */
  async confirm(origin: Origin, reason: string): Promise<ClockView> {
    const explanation = checkShownName(reason, '/reason');
    await this.look();
    const trustedMs = this.#parts.steadyNow() + this.#trustedAheadMs;
    const confirmedMs = await this.#parts.guarded.write(
      (unit) => confirm(this.#parts, unit, origin, { explanation, trustedMs }),
      { by: origin },
    );
    const steadyMs = this.#parts.steadyNow();
    this.#problem = null;
    this.#highestMs = confirmedMs;
    this.#notedMs = confirmedMs;
    this.#aheadMs = this.#parts.now() - steadyMs;
    this.#lastAheadMs = this.#aheadMs;
    this.#trustedAheadMs = this.#aheadMs;
    this.#lookedSteadyMs = steadyMs;
    this.#share(steadyMs, false);
    return this.read();
  }

  /** What a process before this one has left. */
  async #learn(nowMs: number, steadyMs: number): Promise<void> {
    const { database, ledgerAtMs } = this.#parts;
    const row = await database.read((reader: Reader) => theRow.first(reader, {}));
    this.#highestMs = Math.max(row?.seen_at ?? 0, ledgerAtMs ?? 0);
    this.#notedMs = row?.seen_at ?? 0;
    this.#problem = row === undefined ? null : problemIn(row);
    this.#trustedAheadMs = (trustedIn(row, ledgerAtMs) ?? nowMs) - steadyMs;
    this.#lookedSteadyMs = steadyMs;
    // Between then and now nobody saw a steady clock: as if it had stood still. The ledger is no witness of a jump: a start
    // before this one may have written its first rows by the wrong clock already, and died before it looked at it.
    this.#lastAheadMs = (row === undefined ? nowMs : Math.min(nowMs, row.seen_at)) - steadyMs;
    this.#aheadMs = this.#lastAheadMs - (row?.ahead_ms ?? 0);
    this.#isKnown = true;
  }

  #problemAt(nowMs: number, steadyMs: number): Problem | null {
    // What it would be by the steady clock, too: much may have passed since the last look, and be taken back by a step.
    // Whole, as they are noted: the steady clock counts parts of a millisecond.
    const beforeMs = Math.floor(Math.max(this.#highestMs, steadyMs + this.#lastAheadMs));
    if (nowMs < beforeMs - clockSlewMsMax)
      return { problem: 'went-back', beforeMs, afterMs: nowMs };
    // Not from look to look: many small steps are one large one.
    if (nowMs - steadyMs - this.#aheadMs > aheadMsMax)
      return {
        problem: 'jumped',
        beforeMs: Math.floor(steadyMs + this.#aheadMs),
        afterMs: nowMs,
      };
    return null;
  }

  async #tell(found: Problem): Promise<void> {
    const { problem, beforeMs, afterMs } = found;
    await this.#parts.database.write(async (unit) => {
      await setRow(unit, { seen_at: beforeMs, problem, before: beforeMs, after: afterMs });
      // From now on they end by the time before.
      forgetStanding(unit);
      await record(this.#parts, unit, serverOrigin, {
        event: 'clock.problem.1',
        problem,
        before: isoOf(beforeMs),
        after: isoOf(afterMs),
      });
    });
    this.#problem = found;
  }

  async #note(durable: 'now' | 'soon'): Promise<void> {
    const trustedMs = this.#parts.steadyNow() + this.#trustedAheadMs;
    const aheadMs = Math.max(0, this.#lastAheadMs - this.#aheadMs);
    const seen = {
      seen_at: this.#highestMs,
      trusted_at: Math.ceil(trustedMs),
      ahead_ms: Math.ceil(aheadMs),
    };
    await this.#parts.database.write((unit) => noteSeen(unit, seen), { durable });
    this.#notedMs = Math.max(seen.seen_at, trustedMs);
  }
}

async function confirm(
  parts: ClockParts,
  unit: Unit,
  origin: Origin,
  { explanation, trustedMs }: { readonly explanation: string; readonly trustedMs: number },
): Promise<number> {
  const row = await theRow.first(unit, {});
  const found = row === undefined ? null : problemIn(row);
  if (found === null) throw new Fault('conflict', 'there is nothing to confirm: the clock is well');
  await setRow(unit, { seen_at: unit.nowMs, problem: null, before: null, after: null });
  await noteSeen(unit, { seen_at: unit.nowMs, trusted_at: unit.nowMs, ahead_ms: 0 });
  forgetStanding(unit);
  const missedMs = Math.ceil(unit.nowMs - trustedMs);
  if (missedMs > 0) await makeYounger(unit, found.beforeMs - noteMs, missedMs);
  // What was noted by a clock that was ahead would have no job run before that time comes.
  await unit.query
    .updateTable('retention_jobs')
    .set({ due_after: unit.nowMs })
    .where('due_after', '>', unit.nowMs)
    .execute();
  await record(parts, unit, origin, {
    event: 'clock.confirmed.1',
    problem: found.problem,
    before: isoOf(found.beforeMs),
    after: isoOf(unit.nowMs),
    explanation,
  });
  return unit.nowMs;
}

/**
 * While nobody knew the time it was trusted to have gone on from where it was last known: a server that was off for a week
 * and then had a clock that was behind took what came for a week older than it is. As it was at least as far off with each
 * thing that came before, none is too old now.
 */
async function makeYounger({ query }: Unit, sinceMs: number, byMs: number): Promise<void> {
  await query
    .updateTable('versions')
    .set(({ eb }) => ({ aged_from: eb('aged_from', '+', byMs) }))
    .where('aged_from', '>=', sinceMs)
    .execute();
  await query
    .updateTable('versions')
    .set(({ eb }) => ({ collected_aged_from: eb('collected_aged_from', '+', byMs) }))
    .where('collected_aged_from', '>=', sinceMs)
    .execute();
  await query
    .updateTable('uploads')
    .set(({ eb }) => ({ aged_from: eb('aged_from', '+', byMs) }))
    .where('aged_from', '>=', sinceMs)
    .execute();
}

/** The latest time that a process before this one has known; null where there was none. */
function trustedIn(row: ClockRow | undefined, ledgerAtMs: number | null): number | null {
  const known = [row?.seen_at ?? [], row?.trusted_at ?? []].flat();
  // While a problem stood the ledger was written by a clock that may be wrong.
  const isWell = row === undefined || row.problem === null;
  if (isWell && ledgerAtMs !== null) known.push(ledgerAtMs);
  return known.length === 0 ? null : Math.max(...known);
}

/**
 * What was known before is known to this process too, before anything of it goes by the time: what a look at the clock
 * finds (`ClockGuard`) comes a little later.
 */
export async function recallTime(
  reader: Reader,
  trusted: TrustedTime,
  ledgerAtMs: number | null,
): Promise<void> {
  const row = await theRow.first(reader, {});
  const leastMs = trustedIn(row, ledgerAtMs);
  if (leastMs === null) return;
  const isInDoubt = row !== undefined && row.problem !== null;
  trusted.learn({ leastMs, mostMs: leastMs + aheadMsMax, isInDoubt });
}

function problemIn({ problem, problem_before, problem_after }: ClockRow): Problem | null {
  return problem === null ? null : { problem, beforeMs: problem_before!, afterMs: problem_after! };
}

type RowState = {
  readonly seen_at: number;
  readonly problem: ClockRow['problem'];
  readonly before: number | null;
  readonly after: number | null;
};

async function setRow({ query }: Unit, { seen_at, problem, before, after }: RowState) {
  const set = { seen_at, problem, problem_before: before, problem_after: after };
  await query
    .insertInto('retention_clock')
    .values({ id: 1, ...set })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(set))
    .execute();
}

type Seen = Pick<ClockRow, 'seen_at' | 'trusted_at' | 'ahead_ms'>;

async function noteSeen({ query }: Unit, seen: Seen): Promise<void> {
  await query
    .insertInto('retention_clock')
    .values({ id: 1, ...seen })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(seen))
    .execute();
}

const newestRow = prepare((query) =>
  query.selectFrom('ledger').select('at').orderBy('seq', 'desc').limit(1),
);

/** When the newest row of the ledger was written; null in an empty one. */
export async function lastLedgerAtMs(reader: Reader): Promise<number | null> {
  return (await newestRow.first(reader, {}))?.at ?? null;
}
