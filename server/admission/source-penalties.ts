import { canonicalCidr, sourceGroup } from '../domain/addresses.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { Penalties, Penalty } from '../domain/penalties.ts';
import type { Failure } from './failures.ts';

export type SourcePenaltiesParts = {
  readonly limits: {
    readonly penaltyMsMin: number;
    readonly penaltyMsMax: number;
    readonly penaltySourcesMax: number;
  };
  /** Milliseconds of a steady clock: setting the wall clock frees nobody and locks nobody out. */
  readonly now: () => number;
  /** Milliseconds of the wall clock, for showing. */
  readonly clock: () => number;
};

/** What a source owes; it shrinks as time goes by. */
type Debt = {
  readonly source: string;
  readonly sinceMs: number;
  /** On the steady clock. */
  untilMs: number;
  reason: FaultCode;
  failures: number;
  refused: number;
  /** The sum was reached: kept out until the debt is gone. */
  isBanned: boolean;
};

/**
 * Time that sources owe for failures, as OpenSSH's PerSourcePenalties (srclimit.c): each failure adds some, and once
 * the sum reaches a minimum the source is kept out until it has passed.
 */
export class SourcePenalties implements Penalties {
  readonly #parts: SourcePenaltiesParts;
  readonly #debts = new Map<string, Debt>();
  /** The debts by the second in which they end, so that the bound on memory takes those with the least left. */
  readonly #ending = new Map<number, Set<Debt>>();
  #firstSecond = Infinity;

  constructor(parts: SourcePenaltiesParts) {
    this.#parts = parts;
  }

  /** Sources that are remembered. */
  get size(): number {
    return this.#debts.size;
  }

  /** @returns the penalty, if the source is kept out from now on and was not before */
  penalise(source: string, { reason, ms }: Failure): Penalty | undefined {
    const { penaltyMsMin, penaltyMsMax, penaltySourcesMax } = this.#parts.limits;
    const nowMs = this.#parts.now();
    this.#forgetEnded(nowMs);
    const debt = this.#debtOf(source) ?? newDebt(source, reason, nowMs);
    this.#remove(debt);
    debt.untilMs = Math.min(debt.untilMs + ms, nowMs + penaltyMsMax);
    debt.reason = reason;
    debt.failures += 1;
    const begins = !debt.isBanned && debt.untilMs - nowMs >= penaltyMsMin;
    if (begins) debt.isBanned = true;
    this.#insert(debt);
    while (this.#debts.size > penaltySourcesMax) this.#remove(this.#soonestEnding());
    return begins ? this.#penaltyOf(debt) : undefined;
  }

  isBanned(source: string): boolean {
    return this.#debtOf(source)?.isBanned === true;
  }

  /** Counts a connection that was closed because of it. */
  noteRefused(source: string): void {
    const debt = this.#debtOf(source);
    if (debt !== undefined) debt.refused += 1;
  }

  /** The source owes nothing any more. @returns the penalty, if it was kept out */
  forgive(source: string): Penalty | undefined {
    const debt = this.#debtOf(source);
    if (debt === undefined) return undefined;
    this.#remove(debt);
    return debt.isBanned ? this.#penaltyOf(debt) : undefined;
  }

  list(): readonly Penalty[] {
    const nowMs = this.#parts.now();
    return [...this.#debts.values()]
      .filter(({ isBanned, untilMs }) => isBanned && untilMs > nowMs)
      .map((debt) => this.#penaltyOf(debt));
  }

  /** An address of the source will do. */
  lift(source: string): Penalty | undefined {
    const name = source.includes('/') ? (canonicalCidr(source) ?? source) : sourceGroup(source);
    return this.isBanned(name) ? this.forgive(name) : undefined;
  }

  #debtOf(source: string): Debt | undefined {
    const debt = this.#debts.get(source);
    if (debt === undefined || debt.untilMs > this.#parts.now()) return debt;
    this.#remove(debt);
    return undefined;
  }

  #penaltyOf({ source, reason, failures, refused, sinceMs, untilMs }: Debt): Penalty {
    const wallMs = this.#parts.clock() - this.#parts.now();
    const [since, until] = [sinceMs, untilMs].map((ms) => Math.round(ms + wallMs));
    return { source, reason, failures, refused, sinceMs: since!, untilMs: until! };
  }

  #insert(debt: Debt): void {
    const second = lastSecondOf(debt);
    const ending = this.#ending.get(second) ?? new Set();
    this.#ending.set(second, ending.add(debt));
    this.#debts.set(debt.source, debt);
    this.#firstSecond = Math.min(this.#firstSecond, second);
  }

  #remove(debt: Debt): void {
    const second = lastSecondOf(debt);
    const ending = this.#ending.get(second);
    ending?.delete(debt);
    if (ending?.size === 0) this.#ending.delete(second);
    if (this.#debts.get(debt.source) === debt) this.#debts.delete(debt.source);
  }

  #forgetEnded(nowMs: number): void {
    if (this.#ending.size === 0) this.#firstSecond = Infinity;
    if (this.#firstSecond * 1_000 > nowMs) return;
    for (const [second, ending] of this.#ending)
      if (second * 1_000 <= nowMs) for (const debt of ending) this.#remove(debt);
    this.#firstSecond = Math.ceil(nowMs / 1_000);
  }

  #soonestEnding(): Debt {
    while (!this.#ending.has(this.#firstSecond)) this.#firstSecond += 1;
    return this.#ending.get(this.#firstSecond)!.values().next().value!;
  }
}

function newDebt(source: string, reason: FaultCode, nowMs: number): Debt {
  const none = { failures: 0, refused: 0, isBanned: false };
  return { source, reason, sinceMs: nowMs, untilMs: nowMs, ...none };
}

function lastSecondOf({ untilMs }: Debt): number {
  return Math.ceil(untilMs / 1_000);
}
