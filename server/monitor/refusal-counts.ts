import type { FaultCode } from '../domain/faults.ts';

export type RefusalCount = {
  readonly operation: string;
  readonly code: FaultCode;
  readonly count: number;
  /** The row of the first could not be written: the one at the end speaks of it too. */
  readonly isUntold: boolean;
};

/**
 * Keeps a client from growing the ledger: of equal refusals in a session (one operation, one reason) the first is
 * written at once and the rest are counted, to be written as one row when the session ends.
 */
export class RefusalCounts {
  readonly #sessions = new Map<string, Map<string, RefusalCount>>();

  /** True when it is the first of its kind and is to be written now. */
  note(sessionId: string, operation: string, code: FaultCode): boolean {
    const counts = this.#sessions.get(sessionId) ?? new Map<string, RefusalCount>();
    this.#sessions.set(sessionId, counts);
    const key = `${operation} ${code}`;
    const count = (counts.get(key)?.count ?? 0) + 1;
    const isUntold = counts.get(key)?.isUntold ?? false;
    counts.set(key, { operation, code, count, isUntold });
    return count === 1;
  }

  /** The row that `note` asked for could not be written. */
  untold(sessionId: string, operation: string, code: FaultCode): void {
    const counts = this.#sessions.get(sessionId);
    const counted = counts?.get(`${operation} ${code}`);
    if (counted !== undefined) counts?.set(`${operation} ${code}`, { ...counted, isUntold: true });
  }

  /** The counts of those that came more than once, or were never told; the session is forgotten. */
  take(sessionId: string): readonly RefusalCount[] {
    const counts = [...(this.#sessions.get(sessionId)?.values() ?? [])];
    this.#sessions.delete(sessionId);
    return counts.filter(({ count, isUntold }) => count > 1 || isUntold);
  }
}
