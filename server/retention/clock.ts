import { checkShownName } from '../accounts/fields.ts';
import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { type RetentionParts, isoOf, record, serverOrigin } from './parts.ts';
import { forgetStanding } from './standing-holds.ts';
import type { ClockView } from './views.ts';

/** Less is what a clock is set by every day. */
const backMsMax = 60_000;
const aheadMsMax = 24 * 60 * 60_000;
/** How old the time may be that a crash leaves noted. */
const noteMs = 5 * 60_000;

export type ClockParts = Pick<RetentionParts, 'database' | 'guarded' | 'ledger'> & {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds of a clock that is never set. */
  readonly steadyNow: () => number;
  /** Of the newest row of the ledger before this process wrote any; null where there was none. */
  readonly ledgerAtMs: number | null;
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
  #problem: Problem | null = null;

  constructor(parts: ClockParts) {
    this.#parts = parts;
  }

  /** Looks at the clock, and notes it now and then. @returns whether ages may be reckoned by it */
  async look(): Promise<boolean> {
    const nowMs = this.#parts.now();
    const steadyMs = this.#parts.steadyNow();
    if (!this.#isKnown) await this.#learn(nowMs, steadyMs);
    if (this.#problem !== null) return false;
    const problem = this.#problemAt(nowMs, steadyMs);
    if (problem !== null) {
      await this.#tell(problem);
      return false;
    }
    this.#highestMs = Math.max(this.#highestMs, nowMs);
    this.#lastAheadMs = nowMs - steadyMs;
    if (this.#highestMs >= this.#notedMs + noteMs) await this.#note('soon');
    return true;
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
    const confirmedMs = await this.#parts.guarded.write(
      (unit) => confirm(this.#parts, unit, origin, explanation),
      { by: origin },
    );
    this.#problem = null;
    this.#highestMs = confirmedMs;
    this.#notedMs = confirmedMs;
    this.#aheadMs = this.#parts.now() - this.#parts.steadyNow();
    this.#lastAheadMs = this.#aheadMs;
    return this.read();
  }

  /** What a process before this one has left. */
  async #learn(nowMs: number, steadyMs: number): Promise<void> {
    const { database, ledgerAtMs } = this.#parts;
    const row = await database.read((reader: Reader) => theRow.first(reader, {}));
    this.#highestMs = Math.max(row?.seen_at ?? 0, ledgerAtMs ?? 0);
    this.#notedMs = row?.seen_at ?? 0;
    this.#problem = row === undefined ? null : problemIn(row);
    // Between then and now nobody saw a steady clock: as if it had stood still. The ledger is no witness of a jump: a start
    // before this one may have written its first rows by the wrong clock already, and died before it looked at it.
    this.#aheadMs = (row === undefined ? nowMs : Math.min(nowMs, row.seen_at)) - steadyMs;
    this.#lastAheadMs = this.#aheadMs;
    this.#isKnown = true;
  }

  #problemAt(nowMs: number, steadyMs: number): Problem | null {
    // What it would be by the steady clock, too: much may have passed since the last look, and be taken back by a step.
    const beforeMs = Math.max(this.#highestMs, steadyMs + this.#lastAheadMs);
    if (nowMs < beforeMs - backMsMax) return { problem: 'went-back', beforeMs, afterMs: nowMs };
    // Not from look to look: many small steps are one large one.
    if (nowMs - steadyMs - this.#aheadMs > aheadMsMax)
      return { problem: 'jumped', beforeMs: steadyMs + this.#aheadMs, afterMs: nowMs };
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
    const seenMs = this.#highestMs;
    await this.#parts.database.write((unit) => noteSeen(unit, seenMs), { durable });
    this.#notedMs = seenMs;
  }
}

async function confirm(
  parts: ClockParts,
  unit: Unit,
  origin: Origin,
  explanation: string,
): Promise<number> {
  const row = await theRow.first(unit, {});
  const found = row === undefined ? null : problemIn(row);
  if (found === null) throw new Fault('conflict', 'there is nothing to confirm: the clock is well');
  await setRow(unit, { seen_at: unit.nowMs, problem: null, before: null, after: null });
  forgetStanding(unit);
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

async function noteSeen({ query }: Unit, seenMs: number): Promise<void> {
  await query
    .insertInto('retention_clock')
    .values({ id: 1, seen_at: seenMs })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ seen_at: seenMs }))
    .execute();
}

const newestRow = prepare((query) =>
  query.selectFrom('ledger').select('at').orderBy('seq', 'desc').limit(1),
);

/** When the newest row of the ledger was written; null in an empty one. */
export async function lastLedgerAtMs(reader: Reader): Promise<number | null> {
  return (await newestRow.first(reader, {}))?.at ?? null;
}
