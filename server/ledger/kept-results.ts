import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Reader, Unit } from '../database/units.ts';
import type { CheckResult } from './self-check.ts';
import type { LedgerVerification } from './verify.ts';

/** A result as it is stored, with an HMAC-SHA256 (base64) over the rest of the row. */
type Kept = { readonly result: LedgerVerification; readonly mac: string };

/**
 * What the last checks found, across starts. Whoever can write to the database could have it say that all was well, so
 * each is kept under a key that is not there; one that has another tag counts as none. An older one of ours put back says
 * when it was made, and a start looks through everything once that is a day ago.
 */
export class KeptResults {
  readonly #key: Uint8Array;

  constructor(masterKey: Uint8Array) {
    const info = 'waybill ledger verification';
    this.#key = new Uint8Array(hkdfSync('sha256', masterKey, new Uint8Array(0), info, 32));
  }

  async keep({ query }: Unit, { atMs, ...result }: CheckResult): Promise<void> {
    const mac = this.#macOf(result.scope, atMs, result);
    const columns = {
      at: atMs,
      verified_size: result.verifiedSize,
      ok: Number(result.ok),
      result: JSON.stringify({ result, mac } satisfies Kept),
    };
    await query
      .insertInto('ledger_verifications')
      .values({ kind: result.scope, ...columns })
      .onConflict((conflict) => conflict.column('kind').doUpdateSet(columns))
      .execute();
    // What everything says holds for what is new as well.
    if (result.scope === 'whole')
      await query.deleteFrom('ledger_verifications').where('kind', '=', 'new').execute();
  }

  /** The newest first. */
  async last({ query }: Reader): Promise<readonly CheckResult[]> {
    const rows = await query
      .selectFrom('ledger_verifications')
      .select(['kind', 'at', 'result'])
      .orderBy('at', 'desc')
      .execute();
    return rows.flatMap(({ kind, at, result }) => {
      const kept = keptIn(result);
      return kept !== null && isSame(kept.mac, this.#macOf(kind, at, kept.result))
        ? [{ ...kept.result, scope: kind, atMs: at }]
        : [];
    });
  }

  #macOf(kind: string, atMs: number, result: LedgerVerification): string {
    const text = JSON.stringify([kind, atMs, result]);
    return createHmac('sha256', this.#key).update(text).digest('base64');
  }
}

function keptIn(text: string): Kept | null {
  try {
    const kept = JSON.parse(text) as Partial<Kept> | null;
    const isKept = typeof kept?.mac === 'string' && typeof kept.result === 'object';
    return isKept ? (kept as Kept) : null;
  } catch {
    return null;
  }
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
