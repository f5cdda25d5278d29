import type { Database } from './database/units.ts';
import type { Ledger } from './ledger/ledger.ts';
import { searchLedger } from './ledger/search.ts';

/** What is in force from this start on. */
export type Cryptography = {
  readonly algorithms: string;
  /** Fingerprints. */
  readonly hostKeys: readonly string[];
  readonly nextHostKeys: readonly string[];
};

/** Has the ledger know the algorithms and host keys of this start, where they are not those of the last one. */
export async function noteCryptography(
  { database, ledger }: { readonly database: Database; readonly ledger: Ledger },
  { algorithms, hostKeys, nextHostKeys }: Cryptography,
): Promise<void> {
  const event = { event: 'cryptography.adopted.1', algorithms, hostKeys, nextHostKeys } as const;
  const page = { before: null, rowsMax: 1 };
  const { rows } = await searchLedger(database, { event: event.event }, page);
  const last = rows.at(0);
  const isAsBefore = (['algorithms', 'hostKeys', 'nextHostKeys'] as const).every(
    (name) => JSON.stringify(last?.[name]) === JSON.stringify(event[name]),
  );
  if (isAsBefore) return;
  await database.write((unit) =>
    ledger.append(unit, {
      origin: { actor: { kind: 'server' }, session: null, source: null },
      outcome: 'success',
      reason: null,
      event,
    }),
  );
}
