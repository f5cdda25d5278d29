import type { Database, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { KeptResults } from './kept-results.ts';
import type { Ledger } from './ledger.ts';
import type { LedgerVerification } from './verify.ts';
import type { WalkFrom } from './verify-start.ts';

export type SelfCheckParts = {
  readonly database: Database;
  readonly ledger: Ledger;
  /** Walks the ledger (verify.ts), wherever. */
  readonly verify: (from: WalkFrom) => Promise<LedgerVerification>;
  /** Holds what was written of checkpoints beside the database against it. @returns what is wrong */
  readonly verifyLog: () => Promise<string | null>;
  /** Holds what opens the names in the rows against them. @returns what is wrong */
  readonly verifyNames: () => Promise<string | null>;
  /** What was found is kept under a key that comes from it: a database in other hands must not say that all was well. */
  readonly masterKey: Uint8Array;
  /** The public keys that signed here since the start, as in `.pub` files. */
  readonly evidenceKeys: () => readonly string[];
  /** Told what is wrong, each time that it is found. */
  readonly onFailure: (problem: string) => void;
  readonly onFault: (error: unknown) => void;
  /** Whether a check that ends with an error was broken off. */
  readonly isStopping: () => boolean;
};

export type CheckScope = LedgerVerification['scope'];

/** What a check found. */
export type CheckResult = LedgerVerification & {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
};

/** Looks the ledger through: what is new when the server starts, everything once a day, and whenever somebody asks. */
export interface SelfCheck {
  /** What is new since all was well; everything where the last check found something. It never fails: see `onFault`. */
  start(): Promise<void>;
  /** Everything. Who asks while one is under way gets its result. */
  whole(): Promise<CheckResult>;
  recent(): Promise<CheckResult>;
  /** What was found last, the newest first. */
  last(): Promise<readonly CheckResult[]>;
  /** Something else found that what is stored is not what was: as a check that failed. It never fails. */
  found(problem: string): void;
  /** What is wrong, in words for the operator, as the last checks found it. It never fails. */
  words(): readonly string[];
  /** For the metrics: the last of each kind. */
  readonly state: SelfCheckState;
}

export type SelfCheckState = Readonly<Record<CheckScope, CheckResult | null>>;

/** Everything is looked through as often, whatever is known. */
const wholeEveryMs = 24 * 60 * 60_000;
const serverOrigin: Origin = { actor: { kind: 'server' }, session: null, source: null };

export function createSelfCheck(parts: SelfCheckParts): SelfCheck {
  const { database, onFault } = parts;
  const state: Record<CheckScope, CheckResult | null> = { whole: null, new: null };
  const results = new KeptResults(parts.masterKey);
  let whole: Promise<CheckResult> | undefined;

  const lastResults = () => database.read((reader) => results.last(reader));

  async function check(
    scope: CheckScope,
    from: WalkFrom,
    // What is well at each start is not worth a row.
    isTold = scope === 'whole',
  ): Promise<CheckResult> {
    return settle(scope, await checked(scope, from), isTold);
  }

  /** A ledger that cannot be looked through is none that is well. */
  async function checked(scope: CheckScope, from: WalkFrom): Promise<LedgerVerification> {
    try {
      const walked = await parts.verify(from);
      const problem =
        walked.problem ??
        (scope === 'whole' ? ((await parts.verifyLog()) ?? (await parts.verifyNames())) : null) ??
        problemOfKey(walked, parts.evidenceKeys());
      return { ...walked, ok: problem === null, problem };
    } catch (error) {
      if (parts.isStopping()) throw error;
      onFault(error);
      return contradicted(`it cannot be looked through: ${(error as Error).message}`, 0);
    }
  }

  async function settle(
    scope: CheckScope,
    result: LedgerVerification,
    isTold: boolean,
  ): Promise<CheckResult> {
    const settled = await database.write(async (unit) => {
      const known = { ...result, scope, atMs: unit.nowMs };
      await results.keep(unit, known);
      if (isTold || !result.ok) await tell(parts.ledger, unit, known);
      return known;
    });
    state[scope] = settled;
    if (scope === 'whole') state.new = null;
    if (settled.problem !== null) parts.onFailure(settled.problem);
    return settled;
  }

  async function recent(): Promise<CheckResult> {
    const last = await lastResults();
    if (last.some(({ ok }) => !ok)) return runWhole();
    const verifiedSize = Math.max(0, ...last.map((result) => result.verifiedSize));
    return check('new', verifiedSize === 0 ? 'first' : { verifiedSize });
  }

  function runWhole({ isTold = true } = {}): Promise<CheckResult> {
    whole ??= check('whole', 'first', isTold).finally(() => (whole = undefined));
    return whole;
  }

  return {
    start: async () => {
      try {
        const last = await lastResults();
        for (const result of last) state[result.scope] = result;
        const found = await recent();
        const whole = [found, ...last].find(({ scope }) => scope === 'whole');
        // Where nothing is known it went over everything. A server may never be up at the hour of the daily one.
        if (last.length > 0 && !(found.atMs - (whole?.atMs ?? 0) < wholeEveryMs))
          await runWhole({ isTold: false });
      } catch (error) {
        onFault(error);
      }
    },
    whole: () => runWhole(),
    recent,
    last: lastResults,
    found: (problem) => {
      // It is found again each time that somebody looks.
      if (state.new?.problem === problem) return;
      const size = state.new?.verifiedSize ?? 0;
      void settle('new', contradicted(problem, size), true).catch(onFault);
    },
    words: () =>
      [...new Set([state.whole, state.new].flatMap((each) => each?.problem ?? []))].map(
        (problem) => `the ledger does not verify: ${problem}`,
      ),
    state,
  };
}

function problemOfKey(
  { evidenceKey }: LedgerVerification,
  known: readonly string[],
): string | null {
  return evidenceKey === null || known.includes(evidenceKey)
    ? null
    : 'the evidence key that the ledger names last is not that of this server';
}

/** Of something that was found without a walk. */
function contradicted(problem: string, verifiedSize: number): LedgerVerification {
  return {
    ok: false,
    scope: 'new',
    rows: verifiedSize,
    checkpoints: 0,
    firstBadRow: null,
    firstBadCheckpoint: null,
    problem,
    verifiedSize,
    lastHash: '',
    unvouchedKeys: [],
    evidenceKey: null,
    evidenceKeys: [],
  };
}

async function tell(ledger: Ledger, unit: Unit, result: CheckResult): Promise<void> {
  const { scope, ok, rows, checkpoints, firstBadRow, problem } = result;
  await ledger.append(unit, {
    origin: serverOrigin,
    outcome: ok ? 'success' : 'failed',
    reason: null,
    event: { event: 'ledger.verified.1', scope, rows, checkpoints, firstBadRow, problem },
  });
}
